"""The log: who seals it, with which keys, and how long it is kept."""

from on_behalf_of.environment import kinds
from on_behalf_of.environment.variable import ALL, API, Variable

AUDIT_SEALING = Variable(
    "AUDIT_SEALING",
    kinds.choice("thread", "command"),
    "what seals the log: a `thread` in each process, or the `command` `manage.py audit_seal`. This repository's API "
    "always uses a thread",
    (),
    otherwise="none; a system check warns",
)
AUDIT_SEAL_KEY_FILE = Variable(
    "AUDIT_SEAL_KEY_FILE",
    kinds.file,
    "the key that seals the log, shared by the API's processes; required for listening beyond loopback",
    (API,),
    otherwise="made once under `STATE_DIR`",
)
AUDIT_PUBLIC_KEYS_FILE = Variable(
    "AUDIT_PUBLIC_KEYS_FILE",
    kinds.file,
    "the public keys with which the log is verified",
    (API,),
    otherwise="made once under `STATE_DIR`",
)
AUDIT_RETENTION_DAYS = Variable(
    "AUDIT_RETENTION_DAYS", kinds.whole(1, 36_500), "days for which rows cannot be pruned", (API,), default="400"
)
STATE_DIR = Variable(
    "STATE_DIR",
    kinds.path,
    "the folder of generated secrets, the seal's keys, the SQLite database, and the issuer's last keys for "
    "`explain_token`",
    ALL,
    otherwise="`var` in the project's folder",
)
VARIABLES = (AUDIT_SEALING, AUDIT_SEAL_KEY_FILE, AUDIT_PUBLIC_KEYS_FILE, AUDIT_RETENTION_DAYS, STATE_DIR)
