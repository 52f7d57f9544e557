"""`unshare --mount python contained.py SPEC`: becomes a process that sees no more than a container would.

SPEC is JSON: `root` (an empty directory), `binds` (what stands where, all read-only), `workdir`, `uid`, `command`,
`environment`. The root is read-only, /tmp is empty and writable. The network is this machine's.
"""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SYSTEM = ("/usr", "/etc")
PR_SET_NO_NEW_PRIVS = 38


def main(spec: dict[str, Any]) -> None:
    root = spec["root"]
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root)
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        place = Path("/", name)
        if place.is_symlink():
            Path(root, name).symlink_to(place.readlink())
        elif place.exists():
            bind(str(place), root + str(place))
    for path in SYSTEM:
        bind(path, root + path)
    for path in ("/dev", "/proc"):
        Path(root + path).mkdir()
        mount("--rbind", path, root + path)
    # Before what is bound: the checkout under test may lie below /tmp itself.
    Path(root, "tmp").mkdir()
    mount("-t", "tmpfs", "-o", "mode=1777,size=16m", "tmpfs", f"{root}/tmp")  # noqa: S108 - the container's
    for target, source in spec["binds"].items():
        bind(source, root + target)
    mount("-o", "remount,ro", root)
    os.chroot(root)
    os.chdir(spec["workdir"])
    os.setgroups([])
    os.setgid(spec["uid"])
    os.setuid(spec["uid"])
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    command = spec["command"]
    os.environ["PATH"] = spec["environment"]["PATH"]
    os.execvpe(command[0], command, spec["environment"])  # noqa: S606


def bind(source: str, target: str) -> None:
    place = Path(target)
    if Path(source).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    mount("--bind", source, target)
    mount("-o", "remount,bind,ro", target)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)  # noqa: S607


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
