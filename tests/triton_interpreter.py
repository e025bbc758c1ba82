"""Triton's interpreter with a new numpy: 3.6.0 turns an array of one number into an int by int(), which numpy 2.4 no longer does.

To be imported after TRITON_INTERPRET=1 is set and before a kernel runs."""

from triton.runtime import interpreter

_patch = interpreter._patch_lang_tensor  # pyright: ignore[reportAttributeAccessIssue]


def _patched(tensor, scope):
    _patch(tensor, scope)
    scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))


interpreter._patch_lang_tensor = _patched  # pyright: ignore[reportAttributeAccessIssue]
