/// A passphrase that a guest asks for on its console.
package struct BootPassphrase: Sendable {
    /// What the question names: `luks-` and the device's UUID.
    package var device: String
    package var value: [UInt8]

    package init(device: String, value: [UInt8]) {
        self.device = device
        self.value = value
    }
}

/// Reads along what a guest writes, and knows the answer when it asks for a passphrase.
struct PassphraseTyping {
    enum Answer: Equatable {
        case type([UInt8])
        /// The question, to which there is no answer.
        case unknown(String)
    }

    /// So often the same is typed; the guest gives up itself after three times.
    private static let attempts = 3
    /// cryptsetup's in the initramfs, and systemd's.
    private static let questions = ["Please unlock disk ", "Please enter passphrase for disk "]

    private let passphrases: [BootPassphrase]
    private var text = ConsoleText()
    /// Whether the line that has not ended is a question that has been answered.
    private var isAnswered = false
    private var typed: [String: Int] = [:]

    init(_ passphrases: [BootPassphrase]) {
        self.passphrases = passphrases
    }

    /// Takes the next bytes; an answer when they complete a question.
    mutating func add(_ bytes: some Sequence<UInt8>) -> Answer? {
        let ended = text.add(bytes)
        var question: String?
        for line in ended where Self.isQuestion(line) {
            // One that something else was written behind before it could be seen alone.
            if !isAnswered { question = line }
            isAnswered = false
        }
        if Self.isQuestion(text.partial), !isAnswered {
            isAnswered = true
            question = text.partial
        }
        return question.map { answer(to: $0) }
    }

    private static func isQuestion(_ line: String) -> Bool {
        questions.contains { question in
            guard let range = line.firstRange(of: question) else { return false }
            // With the name of the device, and the colon behind it.
            return line[range.upperBound...].contains(":")
        }
    }

    private mutating func answer(to question: String) -> Answer {
        let known =
            passphrases.first { question.contains($0.device) } ?? (passphrases.count == 1 ? passphrases[0] : nil)
        guard let known, typed[known.device, default: 0] < Self.attempts else { return .unknown(question) }
        typed[known.device, default: 0] += 1
        return .type(known.value + [10])
    }
}
