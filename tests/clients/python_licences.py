"""Print name, version and licence of the named distributions. Run by the Python of a client's environment."""

import sys
from importlib.metadata import metadata

for name in sys.argv[1:]:
    found = metadata(name)
    classifiers = [each.rpartition(" :: ")[2] for each in found.get_all("Classifier") or [] if each[:7] == "License"]
    licence = found["License-Expression"] or next(iter(classifiers), "") or (found["License"] or "").partition("\n")[0]
    print(found["Name"], found["Version"], licence or "no licence named", sep="\t")
