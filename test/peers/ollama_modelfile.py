"""Reads a Modelfile by Ollama's own client, up to the request that it sends to the server.

stdin: {"modelfile": file}
stdout: {"blobs": {sha256 of an uploaded file: its size}, "modelfile": the text that is sent, with files by their sha256}
"""

import hashlib
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import ollama

blobs, requests = {}, []


class Server(BaseHTTPRequestHandler):
    def body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def do_POST(self):
        body = self.body()
        if self.path.startswith("/api/blobs/"):
            blobs[hashlib.sha256(body).hexdigest()] = len(body)
        else:
            requests.append(json.loads(body))
        answer = json.dumps({"status": "success"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def main():
    request = json.load(sys.stdin)
    server = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ollama.Client(f"http://127.0.0.1:{server.server_port}", trust_env=False).create("mine", path=request["modelfile"])
    server.shutdown()
    print(json.dumps({"blobs": blobs, "modelfile": requests[0]["modelfile"]}))


main()
