"""The delta-product recurrence itself. Knows nothing of automata, theory or nets.

reference   token after token, in any float type, the same bits on every device
"""
