"""Writes what Alertmanager sends into a file, a line for each alert."""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(sys.argv[1], "a", encoding="utf-8") as file:
            for alert in body["alerts"]:
                file.write(json.dumps(alert) + "\n")
        self.send_response(200)
        self.end_headers()


server = HTTPServer(("127.0.0.1", 0), Receiver)
print(f"Listening on address=127.0.0.1:{server.server_port}")
server.serve_forever()
