# One image for all: compose.yaml says which service a container of it is.
# TLS ends in front of the containers. Nothing in here is a secret, and no secret is needed to build it.
FROM python:3.11-slim-bookworm

# A directory that every Debian has; all of it belongs to root.
WORKDIR /srv
RUN useradd --system --uid 10001 --user-group --no-create-home app

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore --require-hashes --no-deps -r requirements.txt

COPY manage.py ./
COPY config config/
COPY on_behalf_of on_behalf_of/
COPY operations operations/
COPY downstream_api downstream_api/
COPY mcp_bridge mcp_bridge/
COPY local_tenant local_tenant/

# Bytecode is made now, as pip did for the packages: later the file system is read-only, and each start would compile.
# Files in an image do not change, so nobody has to compare them with their sources.
RUN python -m compileall -q --invalidation-mode unchecked-hash .
# Readable, whatever the umask of the checkout was.
RUN chmod -R a+rX,go-w .

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
CMD ["python", "manage.py", "help"]
