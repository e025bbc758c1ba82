"""torch: the DeltaProduct layer, networks of such layers, and the compiler from automata to their weights.  Read in this order:

fixed_layer, link, assemble, network, saving   a compiled network
plan, compile, constructions, certify          from a machine, or a paper, to one; and a proof about it
picture                                        drawings of plans and networks
delta_product, models                          layers and models that are trained
tasks, training                                on what, and how
compare, plots, extract, transitions           what trained networks have learned, and what their layers cannot do
conformance                                    whether a kernel tracks automata exactly
"""
