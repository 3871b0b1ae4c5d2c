"""Receivers of webhooks, in the process of the drill."""

import http.server
import socket
import threading


def hanging():
    """A receiver that takes connections and says nothing; its URL, and the connections it has."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    taken = []

    def take():
        while True:
            taken.append(listener.accept()[0])

    threading.Thread(target=take, daemon=True).start()
    return "http://127.0.0.1:%d/" % listener.getsockname()[1], taken


def taking():
    """A receiver that takes everything; its URL, and the ids of what came."""
    came = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        # HTTP/1.0: each delivery needs a connection, and a handle, of its own.
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            came.append(self.headers["webhook-id"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d/" % server.server_address[1], came
