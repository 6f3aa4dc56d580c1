import Testing

@testable import BootCheck

struct PassphraseTypingTests {
    private let known = [
        BootPassphrase(device: "luks-1", value: Array("one".utf8)),
        BootPassphrase(device: "luks-2", value: Array("two".utf8)),
    ]

    @Test(arguments: [
        "Please unlock disk luks-2: ",
        "\u{1B}[0m[    3.1] virtio: ready\r\nPlease unlock disk luks-2: ",
        "\u{1F510} Please enter passphrase for disk QEMU (luks-2): ",
        "Please unlock disk luks-2: [    9.8] something else\r\n",
    ])
    func `a question gets the answer of its device, once, whatever the chunks are`(text: String) {
        for size in [1, 3, 1000] {
            var typing = PassphraseTyping(known)
            let bytes = Array(text.utf8)
            let answers = stride(from: 0, to: bytes.count, by: size).compactMap {
                typing.add(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(answers == [.type(Array("two\n".utf8))])
        }
    }

    @Test func `what is refused is typed three times and no more`() {
        var typing = PassphraseTyping(known)
        for _ in 0..<3 {
            #expect(typing.add(Array("Please unlock disk luks-1: ".utf8)) == .type(Array("one\n".utf8)))
            #expect(typing.add(Array("\r\nNo key available with this passphrase.\r\n".utf8)) == nil)
        }
        guard case .unknown = typing.add(Array("Please unlock disk luks-1: ".utf8)) else {
            Issue.record("a fourth time")
            return
        }
    }

    @Test func `a question without an answer is one`() {
        var typing = PassphraseTyping([])
        #expect(typing.add(Array("Please unlock disk luks-9: ".utf8)) == .unknown("Please unlock disk luks-9: "))
        #expect(typing.add(Array("a line about a passphrase\r\n".utf8)) == nil)
    }
}
