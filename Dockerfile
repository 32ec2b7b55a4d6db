FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 RDOS_VAR_DIR=/var/lib/rdos HOST=0.0.0.0
WORKDIR /srv/rdos

COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt

COPY . .
# A new volume takes over whose the folder was that it is mounted on.
RUN useradd --system --home-dir /var/lib/rdos --create-home rdos \
    && mkdir -m 700 /bus /var/lib/nats \
    && chown -R rdos /var/lib/rdos /bus /var/lib/nats
USER rdos

EXPOSE 8000
CMD ["python", "manage.py", "gateway", "--host", "0.0.0.0", "--port", "8000"]
