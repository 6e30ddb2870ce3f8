"""
Asks the kernel whether a local TCP peer has read everything that was sent to it, so that a test
can feed bytes in separate reads without waiting for any guessed time (sock_diag(7)).
"""

import os
import socket
import struct

NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR = 2


class Diag:
    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self.sock.settimeout(1)

    def close(self):
        self.sock.close()

    def unread(self, peer, mine):
        """Bytes that the socket bound to `peer` and connected to `mine` has not read; 0 when it is
        gone."""
        ident = struct.pack("!HH", peer[1], mine[1])
        ident += socket.inet_aton(peer[0]) + bytes(12) + socket.inet_aton(mine[0]) + bytes(12)
        ident += struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)
        body = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF) + ident
        self.sock.send(struct.pack("=IHHII", 16 + len(body), SOCK_DIAG_BY_FAMILY, 1, 1, 0) + body)
        answer = self.sock.recv(4096)
        kind = struct.unpack_from("=H", answer, 4)[0]
        if kind == NLMSG_ERROR:
            return 0
        return struct.unpack_from("=I", answer, 16 + 4 + 48 + 4)[0]


def pause():
    os.sched_yield()
