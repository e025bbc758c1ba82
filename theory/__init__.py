"""Exact mathematics: Householder steps, exact layers, constructions, certificates. No torch, no floats where exact is possible.

Read in this order:

cyclotomic_basis, cyclotomic, numbers, polynomials   exact numbers, and where the eigenvalues of exact matrices are
householder, factor                  one step of a delta rule; orthogonal matrices as products of steps
exact_layer, mlp, exact_stack        what a compiler writes, before any float
small_machines, obstruction, cuts, gram   what one layer can do, and what it cannot
constructions, papers                from a machine to exact layers: our way, and the papers'
planning                             which layers to put a machine into
statements, limits, contours, testing   theorems with their checks, held against actual layers
oracle                               which architectures recognise a language, and why
closure, checker, certificate, certificate_card   proofs about saved networks
exact_weights, coq_model, coq        the same for Coq's kernel
latex                                all of it on paper
"""
