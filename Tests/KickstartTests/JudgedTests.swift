import Diagnostics
import Foundation
import KickstartFuzzing
import Testing

@testable import Kickstart

/// Our reading beside pykickstart's. What we mean to do otherwise is in docs/kickstart.md.
@Suite struct JudgedTests {
    /// Real Kickstart files, which lie beside the project where there are any: they are not ours to distribute.
    static let corpus: [String] = {
        let beside = repository.deletingLastPathComponent().appending(path: "shared/kickstart-corpus").path
        let folder = ProcessInfo.processInfo.environment["STONEBAKE_KICKSTART_CORPUS"] ?? beside
        return kickstartFiles(below: folder)
    }()

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func kickstartFiles(below folder: String) -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".ks") }.sorted().map { folder + "/" + $0 }
    }

    @Test func `the strings of pykickstart's own tests are read as it reads them, in their version and in others`()
        async throws
    {
        let judge = try await Pykickstart.get()
        let own = try await judge.ownCases()
        #expect(own.count > 6500)
        let others = ["F45", "RHEL10"]
        let texts = Set(own.compactMap(\.text)).sorted()
        let cases = own + texts.flatMap { text in others.map { Case(version: $0, text: text) } }
        var wrong: [String] = []
        for (item, opinion) in zip(cases, try await judge.judge(cases)) {
            let reading = item.read()
            if !Difference.isMeant(reading) { wrong += Self.complaints(item, opinion, reading) }
            // What the newest pykickstart accepts, the union of dialects accepts with the same values.
            guard item.version == "F45", opinion.accepted else { continue }
            wrong += Self.complaints(item, opinion, item.read(asUnion: true)).map { "union: \($0)" }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(cases.count):\n\(wrong.prefix(30).joined(separator: "\n"))")
    }

    /// Of commands, `GrammarTests` compares the options themselves.
    @Test func `the headers of sections have each version's options, and no others`() async throws {
        var lines: Set<String> = []
        for (name, grammar) in GrammarTable.commands where name.hasPrefix("%") {
            for option in grammar.options.flatMap(\.names) + [
                "--default --nocore", "--default --nobase", "--filename=x --dir=y",
            ] {
                lines.insert("\(name) \(option)\nx\n%end\n")
                lines.insert("\(name) \(option)=1\nx\n%end\n")
            }
        }
        let cases = Dialect.all.flatMap { dialect in lines.sorted().map { Case(version: dialect.description, text: $0) }
        }
        #expect(cases.count > 4_000)
        var wrong: [String] = []
        for (item, opinion) in zip(cases, try await Pykickstart.get().judge(cases)) {
            let reading = item.read()
            guard !Difference.isMeant(reading), opinion.accepted != reading.errors.isEmpty else { continue }
            wrong.append("\(item): \(opinion.error ?? "accepted"); \(reading.errors)")
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(cases.count):\n\(wrong.prefix(30).joined(separator: "\n"))")
    }

    /// Our own files are there everywhere; the corpus where it is.
    @Test func `whole files are read as pykickstart reads them, value by value, in several versions`() async throws {
        let files = Self.kickstartFiles(below: Self.repository.path + "/Tests/KickstartTests/Files") + Self.corpus
        #expect(files.count >= 3)
        let versions = ["F45", "F40", "F34", "RHEL10", "RHEL9", "RHEL8", "RHEL7", "F14", "F7"]
        let cases = files.flatMap { path in versions.map { Case(version: $0, path: path) } }
        let opinions = try await Pykickstart.get().judge(cases)
        var wrong: [String] = []
        for (item, opinion) in zip(cases, opinions) { wrong += Self.complaints(item, opinion, item.read()) }
        // The union accepts what any of them accepts, as the newest of these; what none accepts it refuses as the newest
        // does. It wants an %end, though, as all since Fedora 8 do.
        for start in stride(from: 0, to: cases.count, by: versions.count) {
            let theirs = opinions[start..<(start + versions.count)]
            let isOld = cases[start].read(asUnion: true).document.version?.value.description == "F7"
            let opinion = (isOld ? theirs : theirs.dropLast()).first(where: \.accepted) ?? opinions[start]
            wrong += Self.complaints(cases[start], opinion, cases[start].read(asUnion: true)).map { "union: \($0)" }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(cases.count):\n\(wrong.prefix(30).joined(separator: "\n"))")
    }

    @Test func `a flattened file has no includes, and says the same to pykickstart and to us`() async throws {
        let judge = try await Pykickstart.get()
        let files = Self.kickstartFiles(below: Self.repository.path + "/Tests/KickstartTests/Files") + Self.corpus
        let wholes = files.map { Case(version: "RHEL8", path: $0) } + files.map { Case(version: "F45", path: $0) }
        let flats = wholes.map { Case(version: $0.version, text: $0.read().document.flattened) }
        #expect(flats.contains { $0.text?.contains("from an included file") == true })
        var wrong: [String] = []
        let opinions = zip(try await judge.judge(wholes), try await judge.judge(flats))
        for (index, (whole, flat)) in opinions.enumerated() where whole.accepted {
            let title = "\(wholes[index].version) \(wholes[index].path ?? "")"
            let text = flats[index].text ?? ""
            if text.split(separator: "\n").contains(where: { $0.hasPrefix("%include") }) {
                wrong.append("\(title): %include")
            }
            if whole.withoutLines != flat.withoutLines {
                wrong.append("\(title):\n\(whole.withoutLines)\n\(flat.withoutLines)")
            }
            wrong += Self.complaints(flats[index], flat, flats[index].read())
        }
        #expect(wrong.isEmpty, "\(wrong.count):\n\(wrong.prefix(10).map { $0.prefix(2000) }.joined(separator: "\n"))")
    }

    @Test func `changed pieces of files are accepted, or refused at the same line, as by pykickstart`() async throws {
        let folder = Self.repository.path + "/Tests/KickstartTests/Files"
        let seeds = (Self.kickstartFiles(below: folder) + Self.corpus).compactMap {
            try? String(contentsOfFile: $0, encoding: .utf8)
        }
        let inputs = FuzzInputs(seeds: seeds, run: 3)
        let versions = ["F45", "RHEL9", "RHEL7", "F7"]
        let cases = (0..<3000).compactMap { number -> Case? in
            let text = inputs.text(UInt64(number))
            // Python ends lines at these, too; its parser does not know %ksappend, which is a pass of its own before it; and
            // it fetches URLs.
            let elsewhere = "\u{0B}\u{0C}\u{1C}\u{1D}\u{1E}\u{85}\u{2028}\u{2029}".unicodeScalars
            guard !text.unicodeScalars.contains(where: elsewhere.contains), !text.contains("%ksappend"),
                !text.contains("://")
            else { return nil }
            return Case(version: versions[number % versions.count], text: text)
        }
        var wrong: [String] = []
        for (item, opinion) in zip(cases, try await Pykickstart.get().judge(cases)) {
            let reading = item.read()
            if !Difference.isMeant(reading) { wrong += Self.complaints(item, opinion, reading) }
        }
        #expect(wrong.isEmpty, "\(wrong.count) of \(cases.count):\n\(wrong.prefix(10).joined(separator: "\n"))")
    }

    /// Whether we accept the same, refuse at the same line, and have the same values.
    private static func complaints(_ item: Case, _ opinion: Opinion, _ reading: KickstartReading) -> [String] {
        let title = "\(item.version) \(item.path ?? item.text?.debugDescription ?? "")"
        guard let ours = reading.errors.first else {
            guard opinion.accepted else { return ["\(title): they refuse: \(opinion.error ?? ""); we accept"] }
            return differences(opinion, reading).map { "\(title): \($0)" }
        }
        if opinion.accepted { return ["\(title): they accept; we refuse: \(ours)"] }
        // Some of its errors have no line.
        guard let line = opinion.line, line != reading.firstErrorLine else { return [] }
        return ["\(title): they refuse line \(line): \(opinion.error ?? ""); we refuse \(ours)"]
    }
}

extension Case {
    func read(asUnion: Bool = false) -> KickstartReading {
        let options = KickstartOptions(
            dialect: asUnion ? nil : Dialect(named: version), toleratesMissingIncludes: true)
        let reader = KickstartReader(options: options) { path in
            guard let data = FileManager.default.contents(atPath: path) else { return .notFound }
            return .text(String(decoding: data, as: UTF8.self))
        }
        let text = text ?? path.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
        return reader.read(path: path ?? "test.ks", text: text)
    }
}

/// Where we mean to say something else than pykickstart; docs/kickstart.md has the reasons.
struct Difference: Sendable {
    let explains: @Sendable (Diagnostic) -> Bool

    static func isMeant(_ reading: KickstartReading) -> Bool {
        guard let error = reading.report.diagnostics.first(where: { $0.severity == .error }) else { return false }
        return all.contains { $0.explains(error) }
    }

    static let all = [
        // It takes an option that volgroup does not know for its only partition.
        Difference { $0.message.hasPrefix("'volgroup' has no option") },
        // It takes an option that groups do not know for a part of the name, and nothing for a name.
        Difference { $0.message.hasPrefix("a group has no option") || $0.code == "package-entry" },
    ]
}
