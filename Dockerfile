# syntax=docker/dockerfile:1
ARG PYTHON=3.11-slim-bookworm

# The wheel, built without network access beyond the locked build backend.
FROM python:${PYTHON} AS wheel
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY requirements-build.lock ./
RUN pip install --require-hashes -r requirements-build.lock
COPY . .
RUN python -m hatchling build -t wheel -d /wheel

# The locked dependencies and the wheel in a virtual environment of their own.
FROM python:${PYTHON} AS install
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/igrt-cds
WORKDIR /locks
COPY requirements.lock ./
RUN /opt/igrt-cds/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY --from=wheel /wheel /wheel
RUN /opt/igrt-cds/bin/pip install --no-deps --no-index /wheel/*.whl \
    && /opt/igrt-cds/bin/pip check \
    && /opt/igrt-cds/bin/python -m compileall -q /opt/igrt-cds/lib

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="igrt-cds" \
      org.opencontainers.image.description="CDS Hooks service for image-guided radiation therapy orders and claims" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV PATH=/opt/igrt-cds/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/data
COPY --from=install /opt/igrt-cds /opt/igrt-cds
# The only folder that the service may write to; the store is in it where no database is named. A user without an
# entry in /etc/passwd has / as its home unless HOME says otherwise.
RUN install -d -o 10001 -g 10001 -m 0750 /data
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:8080/healthz', timeout=4)"]
# gunicorn's and our own sign to finish what is under way.
STOPSIGNAL SIGTERM
# Refuses to start until the trust registry and the public address are there.
CMD ["igrt-cds", "serve", "--production", "--host", "0.0.0.0"]
