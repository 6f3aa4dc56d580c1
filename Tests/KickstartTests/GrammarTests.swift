import Diagnostics
import Testing

@testable import Kickstart

@Suite struct GrammarTests {
    @Test func `every line of the grammar table says something`() {
        let texts = [
            GrammarTable.storage, GrammarTable.sources, GrammarTable.system, GrammarTable.installer,
            GrammarTable.sections,
        ]
        for text in texts {
            let (commands, wrong) = GrammarTable.parse(text)
            #expect(wrong.isEmpty, "\(wrong)")
            #expect(!commands.isEmpty)
        }
        #expect(GrammarTable.parse("command x\n  --y nonsense").wrong == ["  --y nonsense"])
        #expect(GrammarTable.parse("command x in G7").wrong.count == 1)
        #expect(GrammarTable.parse("command x\n  --y flag = ").wrong.count == 1)
    }

    @Test func `the table has the commands and options of all of pykickstart's versions, and no others`() async throws {
        let theirs = try await Pykickstart.get().grammar()
        #expect(Set(theirs.keys) == Set(Dialect.all.map(\.description)))
        var wrong: [String] = []
        for dialect in Dialect.all {
            let commands = theirs[dialect.description] ?? [:]
            let ours = GrammarTable.commands.filter { $0.value.isCommand && $0.value.dialects.contains(dialect) }
            if Set(ours.keys) != Set(commands.keys) {
                wrong.append("\(dialect): \(Set(ours.keys).symmetricDifference(commands.keys).sorted())")
            }
            for (name, their) in commands {
                guard let our = ours[name] else { continue }
                let kind =
                    our.removed.contains(dialect) ? "removed" : our.deprecated.contains(dialect) ? "deprecated" : "live"
                if kind != their.kind { wrong.append("\(dialect) \(name): \(their.kind), ours \(kind)") }
                let conflicts = our.conflicts.filter { $0.dialects.contains(dialect) }.map(\.name).sorted()
                if kind == "live", conflicts != their.conflicts {
                    wrong.append("\(dialect) \(name): conflicts \(their.conflicts), ours \(conflicts)")
                }
                let options = kind == "live" ? Set(our.options(in: dialect).map(TheirCommand.Option.init)) : []
                let different = options.symmetricDifference(their.options)
                if !different.isEmpty {
                    wrong.append("\(dialect) \(name): \(different.map { "\($0.names) \($0)" }.sorted())")
                }
            }
        }
        #expect(wrong.isEmpty, "\(wrong.count):\n\(wrong.prefix(20).joined(separator: "\n"))")
    }

    @Test func `dialects have pykickstart's order`() {
        let names = Dialect.all.map(\.description)
        #expect(names.count == 52)
        #expect(Array(names.prefix(9)) == ["RHEL3", "FC3", "RHEL4", "FC4", "FC5", "FC6", "RHEL5", "F7", "F8"])
        #expect(names.suffix(3) == ["F44", "F45", "RHEL11"])
        #expect(Dialect(named: "rhel9")?.description == "RHEL9")
        #expect(Dialect(named: "devel") == .newest)
        #expect(Dialect(named: "F46") == nil)
        #expect(Dialect(named: "") == nil)
    }

    /// Where a property is misspelt, nothing would ever be in it.
    @Test func `every property that a command asks for is one of the table's, or of its rules`() {
        let ofRules: Set = [
            "name", "partitions", "devices", "mountPoint", "format", "url", "partition", "password", "keyboard",
            "supported", "mouse", "key", "type", "moduleName", "host", "port", "realm", "arguments", "text", "remote",
            "targetImgref", "useexisting", "noformat",
        ]
        for (name, grammar) in GrammarTable.commands where grammar.isCommand && name != "lilo" {
            let known = Set(grammar.options.map(\.property)).union(ofRules)
            guard let command = KickstartCommand(grammar.name, OptionValues()) else {
                #expect(name == "method")
                continue
            }
            guard let payload = Mirror(reflecting: command).children.first?.value else { continue }
            for child in Mirror(reflecting: payload).children {
                guard let label = child.label, !["value", "range"].contains(label) else { continue }
                #expect(known.contains(label), "\(name): \(label)")
            }
        }
    }
}

extension TheirCommand.Option {
    fileprivate init(_ option: OptionGrammar) {
        var choices: [String] = []
        if case .choice(let names) = option.kind { choices = names }
        let count =
            switch option.count {
            case .one: "one"
            case .optional: "optional"
            case .any: "any"
            }
        self.init(
            names: option.names, required: option.isRequired, deprecated: option.isDeprecated,
            takesValue: option.takesValue, count: count, integer: option.kind == .integer, choices: choices)
    }
}
