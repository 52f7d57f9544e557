"""Python's garbage collector in a server's process.

While the process loads, it would look at thousands of new classes and functions again and again. Afterwards it would
still look at all of them now and then, which makes one call in a hundred wait for 50 milliseconds and more.
"""

import gc

# Objects that are made before the youngest are looked at, and how many of those looks make one at older objects. A
# call makes some hundred that live until it is answered; with Python's 700, half of the looks find nothing else.
THRESHOLDS = (10_000, 20, 50)


def pause() -> None:
    """Collect nothing while the process loads."""
    gc.disable()


def resume() -> None:
    """Collect what calls leave behind, and never look again at what is loaded."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    gc.enable()
