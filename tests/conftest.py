"""What holds for every test: one thread a process, since the test run spreads over the cores by itself."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read by torch when it is first imported
