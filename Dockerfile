# One stage: every package comes as a wheel, so nothing is compiled and no build tool is left behind.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv

# Before the code, so that a change of code does not install again.
# With what signing in at an OpenID provider and by passkey needs.
COPY requirements-oidc.lock requirements-passkeys.lock ./
RUN pip install --require-hashes --only-binary :all: -r requirements-oidc.lock \
 && pip install --require-hashes --only-binary :all: -r requirements-passkeys.lock \
 && useradd --system --no-create-home --uid 10001 softkpi \
 && install -d -o softkpi -g softkpi /data

COPY alembic.ini ./
COPY migrations migrations
COPY templates templates
COPY app app
RUN python -m compileall -q app migrations

USER softkpi
VOLUME /data
# The health check below asks by 127.0.0.1; people ask by the name in SOFTKPI_BASE_URL.
ENV SOFTKPI_HOST=0.0.0.0 \
    SOFTKPI_ALLOWED_HOSTS='["127.0.0.1"]' \
    SOFTKPI_DATABASE_URL=sqlite:////data/softkpi.sqlite \
    SOFTKPI_SECRET_KEY_FILE=/data/secret.key \
    SOFTKPI_MAILBOX_DIR=/data/mailbox \
    SOFTKPI_LOG_FORMAT=json
EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]

ENTRYPOINT ["python", "-m", "app"]
CMD ["run"]
