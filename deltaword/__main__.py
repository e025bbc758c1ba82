"""`python -m deltaword` is the command `deltaword`."""

from .cli import main

main()
