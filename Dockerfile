# The workbench in a container: docker build -t winnow . && see README.md for the volumes.
FROM python:3.11-slim

# git: DVC and the records of where a Version comes from ask it.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home winnow

WORKDIR /winnow

# The environment first: it changes less often than the code. TORCH_ARGS may name an index that
# has PyTorch's CPU build, which saves gigabytes.
ARG TORCH_ARGS=""
COPY constraints.txt pyproject.toml README.md ./
RUN pip install --no-cache-dir --constraint constraints.txt ${TORCH_ARGS} torch \
 && mkdir app eval pipeline \
 && pip install --no-cache-dir --constraint constraints.txt --editable .

COPY --chown=winnow:winnow . .
RUN chown winnow:winnow /winnow
USER winnow

# HOME: whoever the container runs as can write there.
ENV HOME=/tmp \
    WINNOW_HOST=0.0.0.0 \
    DVC_NO_ANALYTICS=1 \
    GRADIO_ANALYTICS_ENABLED=False \
    MLFLOW_DISABLE_TELEMETRY=true \
    ORT_DISABLE_TELEMETRY=1 \
    RAGAS_DO_NOT_TRACK=true
EXPOSE 7860
CMD ["winnow", "app", "--no-browser"]
