"""Trained networks beside constructed ones.  One analysis a file, each of plain tensors; then what puts them together.

curves        accuracy and margin by length, far beyond training
tables        scaled accuracies in the papers' form
spectra       eigenvalues of each letter's transition matrix
keys          strengths; dimensions and angles of keys
rank          effective rank of the state
drift         distance of the state from where its class is, against the decoder's margin
constructed   the compiled network of a task
replicas      one network out of a stack
details       what one network found, by all of these
extracted     which automaton it computes, by `nets.extract`
measure       runs to numbers
page          numbers to a page with pictures
report        `write_report`: runs to report.json and report.html
"""

from .report import write_report as write_report

__all__ = ["write_report"]
