"""HTTPS for tls_test: `tls_server.py CERT KEY…`, a server for each pair; prints their ports, and ends with its standard input.

/told answers with the Authorization header that came; /go?ADDRESS redirects there.
"""
import http.server
import ssl
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path, _, query = self.path.partition("?")
        body = self.headers.get("Authorization", "none").encode()
        self.send_response(302 if path == "/go" else 200)
        if path == "/go":
            self.send_header("Location", query)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that does not trust us


for cert, key in zip(sys.argv[1::2], sys.argv[2::2]):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
sys.stdin.read()
