#!/usr/bin/env python3
"""The few admin requests that tests need, spoken directly: a JVM tool takes 1-2 s, this 0.1 s.

  admin.py ADDRESS ready BROKERS SECONDS PID    until it answers and knows BROKERS brokers
  admin.py BOOTSTRAP create NAME PARTITIONS [k=v ...] [-- NAME PARTITIONS [k=v ...]] ...
  admin.py BOOTSTRAP delete NAME ...
  admin.py BOOTSTRAP transactions PREFIX        transactional ids that begin so, and their state
  admin.py BOOTSTRAP coordinator group|transaction KEY      the number of its broker
  admin.py BOOTSTRAP acl add|remove TYPE NAME OPERATION    a right of User:onced, from everywhere

create and delete return when every broker shows it. Protocol: https://kafka.apache.org/protocol
"""
import os
import socket
import struct
import sys
import time

METADATA, FIND_COORDINATOR, CREATE_TOPICS, DELETE_TOPICS = 3, 10, 19, 20
CREATE_ACLS, DELETE_ACLS, LIST_TRANSACTIONS = 30, 31, 66
TYPES = {"topic": 2, "group": 3, "cluster": 4, "transactional-id": 5}
OPERATIONS = {"READ": 3, "WRITE": 4, "DESCRIBE": 8, "DESCRIBE_CONFIGS": 10}
LITERAL, ALLOW = 3, 3
TIMEOUT_S = 30


class Reader:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def number(self, form):
        (value,) = struct.unpack_from(">" + form, self.data, self.pos)
        self.pos += struct.calcsize(">" + form)
        return value

    def string(self):
        size = self.number("h")
        if size < 0:
            return None
        self.pos += size
        return self.data[self.pos - size : self.pos].decode()

    def array(self, item):
        return [item() for _ in range(self.number("i"))]

    # the compact forms of newer versions; sizes here stay below 128 or take two bytes
    def varint(self):
        value = shift = 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def short_string(self):
        size = self.varint() - 1
        self.pos += size
        return self.data[self.pos - size : self.pos].decode()

    def short_array(self, item):
        return [item() for _ in range(self.varint() - 1)]


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def array(items):
    return struct.pack(">i", len(items)) + b"".join(items)


def call(address, key, version, body):
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), TIMEOUT_S) as sock:
        message = struct.pack(">hhi", key, version, 1) + string("onced-test") + body
        sock.sendall(struct.pack(">i", len(message)) + message)
        with sock.makefile("rb") as stream:
            (size,) = struct.unpack(">i", read(stream, 4))
            return Reader(read(stream, size)[4:])


def read(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise ConnectionError("the broker closed the connection")
    return data


def metadata(address, topics):
    """(brokers, {topic: (error, partitions with a leader)})"""
    answer = call(address, METADATA, 4, array([string(t) for t in topics]) + b"\0")

    def broker():
        answer.number("i"), answer.string(), answer.number("i"), answer.string()

    def partition():
        error, _, leader = answer.number("h"), answer.number("i"), answer.number("i")
        answer.array(lambda: answer.number("i")), answer.array(lambda: answer.number("i"))
        return error == 0 and leader >= 0

    def topic():
        error, name, _ = answer.number("h"), answer.string(), answer.number("b")
        return name, (error, sum(answer.array(partition)))

    answer.number("i")
    brokers = len(answer.array(broker))
    answer.string(), answer.number("i")
    return brokers, dict(answer.array(topic))


def wait(seconds, what, condition, alive=lambda: True):
    end = time.monotonic() + seconds
    problem = None
    while time.monotonic() < end and alive():
        try:
            if condition():
                return
        except OSError as error:
            problem = error
        time.sleep(0.05)
    sys.exit(f"admin: {what}: not within {seconds} s, or it ended ({problem})")


def ready(address, brokers, seconds, pid):
    wait(
        float(seconds),
        f"{address} ready",
        lambda: metadata(address, [])[0] >= int(brokers),
        lambda: os.path.exists(f"/proc/{pid}"),
    )


def fail_on(answer):
    def topic():
        return answer.string(), answer.number("h"), answer.string()

    answer.number("i")
    failed = [f"{name}: {text} ({code})" for name, code, text in answer.array(topic) if code]
    if failed:
        sys.exit("admin: " + "; ".join(failed))


def create(addresses, args):
    wanted, bodies = {}, []
    while args:
        end = args.index("--") if "--" in args else len(args)
        name, partitions, *configs = args[:end]
        args = args[end + 1 :]
        wanted[name] = int(partitions)
        pairs = [string(part) for c in configs for part in c.split("=", 1)]
        configs = [key + value for key, value in zip(pairs[::2], pairs[1::2])]
        bodies.append(string(name) + struct.pack(">ih", wanted[name], -1) + array([]) + array(configs))
    fail_on(call(addresses[0], CREATE_TOPICS, 4, array(bodies) + struct.pack(">ib", 30000, 0)))
    expected = {name: (0, partitions) for name, partitions in wanted.items()}
    for address in addresses:
        wait(TIMEOUT_S, "topics", lambda a=address: metadata(a, list(wanted))[1] == expected)


def delete(addresses, names):
    body = array([string(name) for name in names]) + struct.pack(">i", 30000)
    answer = call(addresses[0], DELETE_TOPICS, 1, body)
    answer.number("i")
    failed = [(n, c) for n, c in answer.array(lambda: (answer.string(), answer.number("h"))) if c]
    if failed:
        sys.exit(f"admin: not deleted: {failed}")
    for address in addresses:
        gone = lambda a=address: all(e == 3 for e, _ in metadata(a, names)[1].values())
        wait(TIMEOUT_S, "topics to go", gone)


def transactions(addresses, prefix):
    for address in addresses:
        # a header of version 2 ends in a tag; no filters: two empty arrays
        answer = call(address, LIST_TRANSACTIONS, 0, b"\0" + b"\1\1\0")

        def transaction():
            name, _, state = answer.short_string(), answer.number("q"), answer.short_string()
            answer.number("B")
            return name, state

        answer.number("B"), answer.number("i")
        code = answer.number("h")
        if code:
            sys.exit(f"admin: {address}: transactions: error {code}")
        answer.short_array(answer.short_string)
        for name, state in answer.short_array(transaction):
            if name.startswith(prefix):
                print(name, state)


def coordinator(addresses, kind, key):
    body = string(key) + struct.pack(">b", {"group": 0, "transaction": 1}[kind])
    answer = call(addresses[0], FIND_COORDINATOR, 1, body)
    answer.number("i")
    if answer.number("h"):
        sys.exit(f"admin: no coordinator of {key}: {answer.string()}")
    answer.string()
    print(answer.number("i"))


def acl(addresses, args):
    command, kind, name, operation = args
    resource = struct.pack(">b", TYPES[kind]) + string(name) + struct.pack(">b", LITERAL)
    who = string("User:onced") + string("*") + struct.pack(">bb", OPERATIONS[operation], ALLOW)
    key = {"add": CREATE_ACLS, "remove": DELETE_ACLS}[command]
    answer = call(addresses[0], key, 1, array([resource + who]))
    answer.number("i"), answer.number("i")
    code, text = answer.number("h"), answer.string()
    if code:
        sys.exit(f"admin: acl: {text} ({code})")
    if command == "remove" and answer.number("i") != 1:
        sys.exit(f"admin: acl: there is no such right: {kind} {name} {operation}")


def main():
    bootstrap, command, *args = sys.argv[1:]
    if command == "ready":
        return ready(bootstrap, *args)
    addresses = []
    for address in bootstrap.split(","):  # those that run
        try:
            socket.create_connection(address.rsplit(":", 1), 1).close()
            addresses.append(address)
        except OSError:
            pass
    if not addresses:
        sys.exit(f"admin: no broker answers at {bootstrap}")
    if command in ("create", "delete", "acl"):
        {"create": create, "delete": delete, "acl": acl}[command](addresses, args)
    else:
        {"transactions": transactions, "coordinator": coordinator}[command](addresses, *args)


main()
