# dr, with Terraform and nothing of the sandbox. It holds no drills: make an image of yours from it,
#   FROM registry.example/dr@sha256:...
#   COPY --chown=10001:10001 drills drills
#   COPY --chown=10001:10001 schedules schedules
#   COPY --chown=10001:10001 terraform terraform
# Both bases are named by digest, or nothing is built: what a tag means can change.
#   docker buildx imagetools inspect python:3.11-slim-bookworm
#   docker buildx imagetools inspect hashicorp/terraform:1.11.4
#   docker build --build-arg PYTHON_DIGEST=sha256:... --build-arg TERRAFORM_DIGEST=sha256:... -t dr .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
ARG PYTHON_DIGEST
ARG TERRAFORM_IMAGE=hashicorp/terraform:1.11.4
ARG TERRAFORM_DIGEST

FROM ${TERRAFORM_IMAGE}@${TERRAFORM_DIGEST} AS terraform

FROM ${PYTHON_IMAGE}@${PYTHON_DIGEST} AS built
ARG EXTRAS=tsa
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY dr dr
COPY drills drills
# The versions are those that the tests ran with, of what builds the wheel, too.
RUN python -m venv /build \
    && /build/bin/pip install --quiet --constraint requirements.lock hatchling \
    && /build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv /opt/dr \
    && /opt/dr/bin/pip install --quiet --constraint requirements.lock "$(echo /wheels/*.whl)[${EXTRAS}]"

FROM ${PYTHON_IMAGE}@${PYTHON_DIGEST}
COPY --from=terraform /bin/terraform /usr/local/bin/terraform
COPY --from=built /opt/dr /opt/dr
RUN groupadd --gid 10001 dr \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /srv/dr --shell /usr/sbin/nologin dr \
    && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/dr /srv/dr
ENV PATH=/opt/dr/bin:$PATH DR_HOME=/var/lib/dr HOME=/srv/dr PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /srv/dr
# One container uses a home at a time; another ends with 75 and has touched nothing. A journal is
# SQLite, which two machines must never open at once over a network file system. The lock goes with
# the process, also over NFS. --no-fork: signals are for dr, which stops and puts everything back.
ENTRYPOINT ["flock", "--nonblock", "--no-fork", "--conflict-exit-code", "75", "/var/lib/dr/container.lock"]
CMD ["dr", "--help"]
