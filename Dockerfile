# One image for all services; compose.yaml gives each container its command. TLS ends in front of the containers.
# The image holds no secret, and building it needs none.
FROM python:3.11-slim-bookworm

# /srv exists on every Debian. Everything in it belongs to root.
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

# Compile now, as pip did for the packages: the file system is read-only later, so each start would compile again.
# Files in an image do not change, so the bytecode need not be checked against its sources.
RUN python -m compileall -q --invalidation-mode unchecked-hash .
# Make the files readable, regardless of the umask of the checkout.
RUN chmod -R a+rX,go-w .

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
CMD ["python", "manage.py", "help"]
