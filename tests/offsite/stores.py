"""The object stores that play the real ones, and what is in them."""

import base64
import hashlib
import hmac
import http.client
import http.server
import re
import socket
import subprocess
import threading
import time
from datetime import datetime, timezone

# The account that every Azurite has, as its documentation gives it.
AZURE_ACCOUNT = "devstoreaccount1"
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
SECRET = "tell-nobody-tell-nobody-tell-nobody"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(command, port, log):
    process = subprocess.Popen(command, stdout=log, stderr=log)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} did not start")
            time.sleep(0.05)
    raise SystemExit(f"{command[0]} does not listen")


class S3:
    """S3, played by moto."""

    name = "s3"
    url = "s3://partbook/a/prefix"

    def __init__(self, program, log):
        self.port = free_port()
        self.process = start([program, "-H", "127.0.0.1", "-p", str(self.port)], self.port, log)
        import boto3

        endpoint = f"http://127.0.0.1:{self.port}"
        self.client = boto3.client(
            "s3", endpoint_url=endpoint, aws_access_key_id="me", aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        self.client.create_bucket(Bucket="partbook")
        self.variables = self.variables_for(self.port)

    @staticmethod
    def variables_for(port):
        return {
            "AWS_ACCESS_KEY_ID": "me",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ALLOW_HTTP": "true",
        }

    def names(self):
        listed = self.client.list_objects_v2(Bucket="partbook", Prefix="a/prefix/").get("Contents", [])
        return sorted(one["Key"].removeprefix("a/prefix/") for one in listed)

    def uploads(self):
        """Uploads in parts that were begun and are not complete."""
        return [one["Key"] for one in self.client.list_multipart_uploads(Bucket="partbook").get("Uploads", [])]

    def read(self, name):
        return self.client.get_object(Bucket="partbook", Key=f"a/prefix/{name}")["Body"].read()

    def write(self, name, body):
        self.client.put_object(Bucket="partbook", Key=f"a/prefix/{name}", Body=body)

    def delete(self, name):
        self.client.delete_object(Bucket="partbook", Key=f"a/prefix/{name}")


class Azure:
    """Azure's Blob Storage, played by Azurite."""

    name = "az"
    url = "az://partbook/a/prefix"

    def __init__(self, program, log):
        self.port = free_port()
        command = [program, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--blobHost", "127.0.0.1"]
        self.process = start([*command, "--blobPort", str(self.port)], self.port, log)
        self.ask("PUT", "", {"restype": "container"}, wanted=201)
        self.variables = self.variables_for(self.port)

    @staticmethod
    def variables_for(port):
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": AZURE_ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY,
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{port}/{AZURE_ACCOUNT}",
            "AZURE_ALLOW_HTTP": "true",
        }

    def ask(self, method, name, query=None, body=b"", wanted=200):
        """Asks with a signature by the account's key."""
        query = query or {}
        path = f"/{AZURE_ACCOUNT}/partbook" + (f"/{name}" if name else "")
        headers = {"x-ms-date": datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-ms-version": "2021-12-02"}
        if method == "PUT" and name:
            headers["x-ms-blob-type"] = "BlockBlob"
        canonical = "".join(f"{key}:{headers[key]}\n" for key in sorted(headers))
        resource = f"/{AZURE_ACCOUNT}{path}" + "".join(f"\n{key}:{query[key]}" for key in sorted(query))
        length = str(len(body)) if body else ""
        signed = f"{method}\n\n\n{length}\n\n\n\n\n\n\n\n\n{canonical}{resource}"
        signature = base64.b64encode(hmac.new(base64.b64decode(AZURE_KEY), signed.encode(), hashlib.sha256).digest()).decode()
        headers["Authorization"] = f"SharedKey {AZURE_ACCOUNT}:{signature}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        target = path + ("?" + "&".join(f"{key}={query[key]}" for key in query) if query else "")
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != wanted:
            raise SystemExit(f"{method} {target}: {answer.status} {text[:500]}")
        return text

    def names(self):
        listed = self.ask("GET", "", {"comp": "list", "restype": "container"}).decode()
        return sorted(name.removeprefix("a/prefix/") for name in re.findall("<Name>([^<]*)</Name>", listed))

    def uploads(self):
        """What is not committed is no blob, and Azure forgets it after a week."""
        return []

    def read(self, name):
        return self.ask("GET", f"a/prefix/{name}")

    def write(self, name, body):
        self.ask("PUT", f"a/prefix/{name}", body=body, wanted=201)

    def delete(self, name):
        self.ask("DELETE", f"a/prefix/{name}", wanted=202)


class Answering:
    """A server that gives everybody the same answer, and counts who asks."""

    def __init__(self, status, body=""):
        outer = self
        self.asked = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                outer.asked += 1
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body.encode())

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
