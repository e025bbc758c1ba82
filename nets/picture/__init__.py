"""Drawings of plans and networks as SVG text, laid out by hand: no matplotlib, no Graphviz, the same bytes every time.

numbers   numbers and vectors as short texts
steps     a Householder step as a sign on the rows of the state that it changes
reached   what a running network meets: which symbols its links make, which reads name which state
heads     a head: a row a letter, with its gate and steps
page      blocks from left to right, on as many lines as it takes
network   layers, links and reader of a network with all their numbers
plan      the blocks of a plan with what they hold and cost
"""
