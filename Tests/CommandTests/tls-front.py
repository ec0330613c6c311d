"""Ends TLS in front of a port of this machine: `tls-front.py PORT CERTIFICATE KEY [OPTION…]`.

Its first line of output is its own port. It ends with its standard input, or when it is killed.
"""

import argparse
import os
import select
import socket
import ssl
import threading

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("certificate")
    parser.add_argument("key")
    parser.add_argument("--client-authority", help="clients must show a certificate that this one vouches for")
    parser.add_argument("--minimum", choices=VERSIONS)
    parser.add_argument("--maximum", choices=VERSIONS)
    parser.add_argument("--alert", type=int, help="refuse every handshake by this alert")
    parser.add_argument("--no-goodbye", action="store_true", help="close without close_notify")
    parser.add_argument("--plain", help="answer with this in place of TLS")
    return parser.parse_args()


def context(given):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(given.certificate, given.key)
    made.set_alpn_protocols(["http/1.1"])
    if given.minimum:
        made.minimum_version = VERSIONS[given.minimum]
    if given.maximum:
        made.maximum_version = VERSIONS[given.maximum]
    if given.client_authority:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(given.client_authority)
    if given.alert is not None:
        made.sni_callback = lambda *_: given.alert
    return made


def hand_on(front, back):
    """Until the server behind has ended the connection, or the client has and nothing more comes."""
    sources = [front, back]
    while back in sources:
        ready = [front] if front in sources and front.pending() else select.select(sources, [], [])[0]
        for source in ready:
            data = source.recv(1 << 16)
            if data:
                (back if source is front else front).sendall(data)
            else:
                sources.remove(source)
                if source is front:
                    back.shutdown(socket.SHUT_WR)


def end(connection):
    """Without TLS's goodbye, and so that what was sent arrives, although what came was not read."""
    connection.settimeout(2)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(1 << 16):
        pass


def serve_tls(front, given):
    try:
        front.do_handshake()
    except ssl.SSLError:
        end(front)
        return
    with socket.create_connection(("127.0.0.1", given.port)) as back:
        back.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        hand_on(front, back)
    if given.no_goodbye:
        end(front)
    else:
        front.settimeout(2)
        front.unwrap().close()


def serve(client, made, given):
    try:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if given.plain is None:
            with made.wrap_socket(client, server_side=True, do_handshake_on_connect=False) as front:
                serve_tls(front, given)
            return
        with client:
            client.recv(1 << 16)
            client.sendall(given.plain.encode())
            end(client)
    except (OSError, ValueError):
        pass  # The client has what it came for, or will not have it.


def main():
    given = options()
    made = context(given)
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listening.getsockname()[1], flush=True)

    def accept():
        while True:
            client = listening.accept()[0]
            threading.Thread(target=serve, args=(client, made, given), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    while os.read(0, 1):
        pass


main()
