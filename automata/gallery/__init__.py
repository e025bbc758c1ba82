"""The machines of `deltaword.languages`, a file a theme; `entry` says what is kept about each."""
