"""The commands of the command line, a file a theme: networks, machines, theory, kernels, training, sweeping, datasets, trained,
demo; progress.py is what trainings show while they run.

Each file has `register(app)`, which `deltaword.cli` calls; what they share is in shared.py. What a command needs loads when it runs,
so that `deltaword --help` and the commands that make no network answer at once.
"""
