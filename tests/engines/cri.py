#!/usr/bin/python3
# tests/engines/cri.py - ask containerd what a kubelet asks it: CRI, over its socket.
#
#   cri.py METHOD [REQUEST]            the answer; both are JSON
#   cri.py exec SECONDS ID COMMAND...  ExecSync: the command's outputs and exit status; 0: no limit of time
#   cri.py stream METHOD REQUEST       Exec, Attach: standard input goes there line by line, but a line
#                                      "size ROWS COLUMNS" is for the terminal; its outputs and exit status
#   cri.py events                      GetContainerEvents: a line each, until it is ended
#
# Exit status: the command's, or 1 with "CODE: what the engine says" on standard error.  The protocol's
# description is the one that the engine's program, being Go's, has in it: it fits the version.
import json
import os
import re
import sys
import threading
import zlib

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

PROGRAM = "/usr/bin/containerd"
SOCKET = "unix:///run/containerd/containerd.sock"
KEPT = "/run/cri.descriptor"
GZIP = rb"\x1f\x8b\x08\x00\x00\x00\x00\x00"
MOST = 1 << 19


def find_description():
    with open(PROGRAM, "rb") as f:
        program = f.read()
    for match in re.finditer(GZIP, program):
        found = descriptor_pb2.FileDescriptorProto()
        try:
            found.ParseFromString(zlib.decompressobj(31).decompress(program[match.start():match.start() + MOST]))
        except Exception:  # it is something else that was compressed
            continue
        if found.package == "runtime.v1":
            del found.dependency[:]  # options for Go's compiler alone
            return found.SerializeToString()
    sys.exit("no description of CRI in " + PROGRAM)


def description():
    if not os.path.exists(KEPT):
        own = "%s.%d" % (KEPT, os.getpid())
        with open(own, "wb") as f:
            f.write(find_description())
        os.rename(own, KEPT)
    with open(KEPT, "rb") as f:
        return f.read()


class Engine:
    def __init__(self):
        pool = descriptor_pool.DescriptorPool()
        pool.AddSerializedFile(description())
        self.classes = message_factory.MessageFactory(pool)
        services = pool.FindFileByName("api.proto").services_by_name.values()
        self.methods = {method.name: method for service in services for method in service.methods}
        self.channel = grpc.insecure_channel(SOCKET, [("grpc.max_receive_message_length", 1 << 26)])

    def method(self, name):
        method = self.methods.get(name) or sys.exit("Unimplemented: this engine's CRI has no " + name)
        make = self.channel.unary_stream if name == "GetContainerEvents" else self.channel.unary_unary
        return method, make(
            "/%s/%s" % (method.containing_service.full_name, name),
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=self.classes.GetPrototype(method.output_type).FromString)

    def call(self, name, request):
        method, function = self.method(name)
        # What this version does not know is an error: a step that asks for it would prove nothing.
        message = json_format.ParseDict(request, self.classes.GetPrototype(method.input_type)())
        return function(message, timeout=None if name == "GetContainerEvents" else 120)


def as_json(message):
    return json.dumps(json_format.MessageToDict(message, preserving_proto_field_name=True,
                                                including_default_value_fields=True))


def exec_sync(engine, seconds, container, *command):
    answer = engine.call("ExecSync", {"container_id": container, "cmd": list(command), "timeout": int(seconds)})
    sys.stdout.buffer.write(answer.stdout)
    sys.stderr.buffer.write(answer.stderr)
    return answer.exit_code


# Channels of v4.channel.k8s.io: a message's first byte says whose it is.
STDIN, STDOUT, STDERR, STATUS, SIZE = range(5)


def send_input(connection):
    for line in sys.stdin.buffer:
        words = line.split()
        if words[:1] == [b"size"]:
            size = json.dumps({"Height": int(words[1]), "Width": int(words[2])})
            connection.send_binary(bytes([SIZE]) + size.encode())
        else:
            connection.send_binary(bytes([STDIN]) + line)


def exit_status(status):
    if status.get("status") == "Success":
        return 0
    for cause in status.get("details", {}).get("causes", []):
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    sys.exit(status.get("message", "no status"))


def stream(engine, name, request):
    import websocket  # half of what a start costs, and few need it

    url = engine.call(name, json.loads(request)).url
    connection = websocket.create_connection(url.replace("http", "ws", 1), timeout=60, suppress_origin=True,
                                             subprotocols=["v4.channel.k8s.io"])
    threading.Thread(target=send_input, args=[connection], daemon=True).start()
    status = {}
    while True:
        try:
            data = connection.recv()
        except websocket.WebSocketConnectionClosedException:
            break
        if not data:
            break
        if isinstance(data, str):
            data = data.encode()
        if data[0] == STATUS and len(data) > 1:
            status = json.loads(data[1:])
        elif data[0] in (STDOUT, STDERR):
            output = sys.stdout if data[0] == STDOUT else sys.stderr
            output.buffer.write(data[1:])
            output.flush()
    return exit_status(status)


def main(what, *arguments):
    engine = Engine()
    if what == "exec":
        return exec_sync(engine, *arguments)
    if what == "stream":
        return stream(engine, *arguments)
    if what == "events":
        for event in engine.call("GetContainerEvents", {}):
            print(as_json(event), flush=True)
        return 0
    print(as_json(engine.call(what, json.loads(arguments[0]) if arguments else {})))
    return 0


try:
    status = main(*sys.argv[1:])
    sys.stdout.flush()
except grpc.RpcError as error:
    status = 1
    print("%s: %s" % (error.code().name, error.details()), file=sys.stderr)
# Not by exit(): a thread may wait for input.
sys.stderr.flush()
os._exit(status)
