"""What ordinary programs talk to while they are recorded: names, web pages and a mail server, in a network namespace of its own.

Every name has an address of its own in 198.51.100.0/24, a network for documentation, which is routed to this process.
"""
import http.server
import json
import socketserver
import struct
import threading
import zlib


def address_of(name: bytes) -> bytes:
    number = zlib.crc32(name.lower()) & 0xFF
    return bytes((198, 51, 100, 1 + number % 250))


def answer(query: bytes) -> bytes:
    at = 12
    labels = []
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]])
        at += query[at] + 1
    kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
    question = query[12 : at + 5]
    found = kind == 1
    head = query[:2] + struct.pack(">HHHHH", 0x8180, 1, int(found), 0, 0)
    record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + address_of(b".".join(labels)) if found else b""
    return head + question + record


class Names(socketserver.BaseRequestHandler):
    def handle(self):
        query, sock = self.request
        sock.sendto(answer(query), self.client_address)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"path": self.path, "items": list(range(40))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    do_PUT = do_POST

    def log_message(self, *_):
        pass


class Mail(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 mail ESMTP\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            self.wfile.write(b"354 go on\r\n" if word == b"DATA" else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


class Threaded(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True


servers = [socketserver.ThreadingUDPServer(("0.0.0.0", 53), Names)]
for port in (80, 443, 3000, 5432, 8080):
    servers.append(Threaded(("0.0.0.0", port), Pages))
servers.append(Threaded(("0.0.0.0", 25), Mail))
for server in servers:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("ready", flush=True)
threading.Event().wait()
