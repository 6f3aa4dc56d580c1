import HostSystem
import Testing

@testable import BootCheck

@Suite struct MonitorTests {
    @Test(
        arguments: [
            (
                #"{"QMP": {"version": {"qemu": {"micro": 2, "minor": 0, "major": 10}}, "capabilities": ["oob"]}}"#,
                .greeting
            ),
            (#"{"return": {}, "id": 7}"#, .answer(id: 7, .object([:]))),
            (#"{"return": "a\r\n", "id": 8}"#, .answer(id: 8, .string("a\r\n"))),
            (
                #"{"id": 9, "error": {"class": "GenericError", "desc": "no such device"}}"#,
                .failure(id: 9, "no such device")
            ),
            (
                #"{"error": {"class": "GenericError", "desc": "JSON parse error"}}"#,
                .failure(id: nil, "JSON parse error")
            ),
            (
                #"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": true}}"#,
                .event(QMPEvent(name: "SHUTDOWN", data: .object(["guest": .bool(true)])))
            ),
            (#"{"event": "STOP"}"#, .event(QMPEvent(name: "STOP", data: .null))),
        ] as [(String, QMPMessage)])
    func `the monitor's messages are read`(line: String, message: QMPMessage) throws {
        #expect(try QMPMessage(line: Array(line.utf8)) == message)
    }

    @Test(arguments: ["", "{", "[]", #"{"unknown": 1}"#, "QEMU 10 monitor"])
    func `what is no message is an error`(line: String) {
        #expect(throws: BootCheckError.self) { try QMPMessage(line: Array(line.utf8)) }
    }

    @Test func `lines are split whatever the chunks are`() {
        let bytes = Array("one\r\ntwo\n\nthree".utf8)
        for size in 1...bytes.count {
            var splitter = BootCheck.LineSplitter()
            var lines: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                lines += splitter.add(Array(bytes[start..<min(start + size, bytes.count)])).map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
            #expect(lines == ["one", "two", ""])
        }
    }

    @Test func `ports are read from what QEMU has bound`() {
        let text = """
            Hub -1 (net):\r
              Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r
              TCP[SYN_SENT]      20       127.0.0.1 41447       10.0.2.15    22     0     0\r
              TCP[ESTABLISHED]   21       127.0.0.1 42465       10.0.2.15    80     0     0\r
              TCP[HOST_FORWARD]  12       127.0.0.1 41447       10.0.2.15    22     0     0\r
              TCP[HOST_FORWARD]  11       127.0.0.1 42465       10.0.2.15    80     0     0\r
              UDP[236 sec]       32       10.0.2.15 41447         1.2.3.4    53     0     0\r
            """
        #expect(UserNetwork.forwards(in: text) == [22: 41447, 80: 42465])
        #expect(
            UserNetwork.connections(in: text).map(\.state) == [
                "SYN_SENT", "ESTABLISHED", "HOST_FORWARD", "HOST_FORWARD",
            ])
        #expect(UserNetwork.forwards(in: "unknown command: 'info usernet'").isEmpty)
    }

    static let document = #"{"a": {"b": [1, {"c": "x"}], "d.e": true}, "n": null, "f": 1.5, "big": 9007199254740993}"#

    @Test(arguments: [
        ("a.b.0", "1"), ("a.b.1.c", "\"x\""), ("$.a.b.1.c", "\"x\""), ("a.d.e", "true"), ("n", "null"), ("f", "1.5"),
        ("big", "9007199254740993"), ("a.b", #"[1,{"c":"x"}]"#), ("a.b.2", nil), ("a.b.-1", nil), ("a.x", nil),
        ("f.g", nil), ("a.b.c", nil),
    ])
    func `a path finds its value`(path: String, text: String?) throws {
        let document = try JSONValue(parsing: Array(Self.document.utf8))
        #expect(document.value(at: path)?.text == text)
    }

    @Test(arguments: [
        ("1", "1.0", true), ("1", "1.5", false), ("[1,2]", "[1.0,2]", true), ("{\"a\":1}", "{\"a\":1.0}", true),
        ("{\"a\":1}", "{\"a\":1,\"b\":2}", false), ("\"1\"", "1", false), ("null", "null", true), ("true", "1", false),
    ])
    func `numbers are equal by value`(left: String, right: String, equal: Bool) throws {
        let (left, right) = try (JSONValue(parsing: Array(left.utf8)), JSONValue(parsing: Array(right.utf8)))
        #expect(left.matches(right) == equal)
        #expect(right.matches(left) == equal)
    }
}
