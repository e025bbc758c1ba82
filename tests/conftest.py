"""What holds for every test: one thread a process, since the test run spreads over the cores by itself; and how hypothesis draws.

`make test` draws the same cases on every run, so that a red run is about the change at hand; `make hunt` draws new ones.
"""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by torch when it is first imported

settings.register_profile("same", derandomize=True)
settings.register_profile("hunt", derandomize=False, print_blob=True)
settings.load_profile("same")  # before the test modules: their own settings take the rest from here
