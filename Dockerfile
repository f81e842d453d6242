# Two stages of one base: the first has pip and makes /opt/order-relay, the second only runs it.
# Both are the same Python at the same path, because the environment in it points there.
ARG BASE=docker.io/library/python:3.13-slim-trixie

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_INPUT=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# Before the program, so that a change of the program alone downloads nothing again.
COPY requirements/image.txt ./
RUN python -m pip download --require-hashes --only-binary :all: -d /wheels -r image.txt

# EXTRAS=[otel] adds what traces need (docs/traces.md): 6 MB and its byte code.
ARG EXTRAS=
COPY pyproject.toml README.md LICENSE ./
COPY service ./service
# From here on only wheels whose hashes were checked above, for the build of the program, too.
RUN python -m pip wheel --no-index --find-links /wheels --no-deps -w /wheels . \
 && python -m venv --without-pip /opt/order-relay \
 && python -m pip --python /opt/order-relay/bin/python install --no-index --find-links /wheels \
        --no-compile "order-relay${EXTRAS}" \
# Not by time of change: the layer may be unpacked with other times than it was packed with.
# Without the languages that pygments colours: 5 MB, and the program shows none of them.
 && python -m compileall -f -q -j 0 --invalidation-mode unchecked-hash \
        -x '/pygments/(lexers|styles)/' /opt/order-relay/lib \
# A root group that may read what the owner may: any user id with group 0 can run it.
 && rm -f /opt/order-relay/bin/[Aa]ctivate* \
 && chmod -R a=rX,u+w /opt/order-relay

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="order-relay" \
      org.opencontainers.image.description="Takes order requests from RabbitMQ, places each exactly once at an order API, and tells the producer what became of it." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/order-relay /opt/order-relay
# The base has the standard library without its byte code, which a read-only file system cannot
# keep either: one run here compiles what the program imports, so that no start has to.
RUN /opt/order-relay/bin/python -c 'import service.commands.cli' \
 && python -m pip uninstall --yes --quiet --root-user-action=ignore pip \
 && rm -rf "$(python -c 'import ensurepip, os; print(os.path.dirname(ensurepip.__file__))')"
ENV PATH=/opt/order-relay/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
# By number: Kubernetes checks `runAsNonRoot` against a number only.
USER 10001:0
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/order-relay/bin/order-relay"]
CMD ["run"]
