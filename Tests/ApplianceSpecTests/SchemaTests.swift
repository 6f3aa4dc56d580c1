import Diagnostics
import Foundation
import Testing

@testable import ApplianceSpec

/// The JSON Schema against validators that are not ours: PyPI's jsonschema, on what ruamel.yaml (YAML 1.2) reads.
@Suite(.serialized)
struct SchemaTests {
    @Test func `the committed schema is the one that the declarations make`() throws {
        let committed = try String(contentsOfFile: repository + "/docs/appliance.schema.json", encoding: .utf8)
        #expect(committed == applianceJSONSchema(), "write it anew: stonebake schema > docs/appliance.schema.json")
    }

    @Test func `every pattern of the declarations is one that Swift reads`() {
        var patterns: Set<String> = []
        collect(SpecDeclarations.spec, &patterns)
        #expect(patterns.count > 20)
        for pattern in patterns { #expect(throws: Never.self, "\(pattern)") { try Regex(pattern) } }
    }

    @Test func `every example of a rule follows it`() {
        var rules: [TextRule] = []
        collect(SpecDeclarations.spec) { rules.append($0) }
        for rule in rules {
            for example in rule.examples where !example.contains("…") {
                #expect(rule.accepts(example), "\(example) is not \(rule.name)")
            }
        }
    }

    @Test func `schema and parser agree, on right specs, on broken ones and on mutations`() async throws {
        let workspace = try Workspace(Everything.files)
        var expected: [String: Bool] = [:]
        // Every spec in the repository.
        let folder = repository + "/Appliances"
        for entry in try SourceTree.entries(of: folder) where entry.path.hasSuffix(".yaml") {
            let (_, report) = SpecCompiler(workingDirectory: repository).compile("\(folder)/\(entry.path)")
            #expect(report.diagnostics.allSatisfy { $0.code == "missing-key" }, "\(report.rendered(as: .text))")
            expected["\(folder)/\(entry.path)"] = true
        }
        // And the bases, as YAML.
        for base in ["debian-12", "debian-13"] {
            let compiler = SpecCompiler(workingDirectory: repository)
            let yaml = try #require(compiler.yaml("Kickstarts/\(base).ks").text)
            try workspace.write("\(base).yaml", Data(yaml.utf8))
            expected["\(workspace.path)/\(base).yaml"] = true
        }
        #expect(expected.count >= 3)
        try workspace.write("everything.yaml", Data(Everything.spec.utf8))
        expected["\(workspace.path)/everything.yaml"] = true
        for (number, broken) in BrokenSpecs.all.enumerated() {
            let name = "broken-\(number).yaml"
            try workspace.write(name, Data(broken.spec.utf8))
            let diagnostics = workspace.compile(name).report.sorted
            let codes = diagnostics.filter { $0.severity == .error }.map(\.code)
            #expect(codes == [broken.code], "\(broken.spec)")
            #expect(
                diagnostics.first?.range.map { "\($0.start.line):\($0.start.column)" } == broken.place, "\(broken.spec)"
            )
            expected["\(workspace.path)/\(name)"] = !broken.isStructural
        }
        for (number, text) in try mutations(of: Everything.spec, count: 400).enumerated() {
            let name = "mutation-\(number).yaml"
            try workspace.write(name, Data(text.utf8))
            let (root, report) = YAMLReader.read(SourceFile(path: name, text: text))
            var validator = Validator()
            validator.check(try #require(root, "\(report.rendered(as: .text))"), against: SpecDeclarations.spec)
            expected["\(workspace.path)/\(name)"] = !validator.report.hasErrors
        }
        let found = try await validate(Array(expected.keys), in: workspace)
        #expect(found.count == expected.count)
        for (path, isValid) in expected.sorted(by: { $0.key < $1.key }) where found[path]?.isEmpty != isValid {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            Issue.record(
                "the parser \(isValid ? "accepts" : "refuses") it, the schema says \(found[path] ?? "nothing"):\n\(text)"
            )
        }
    }

    /// What jsonschema says of each file; empty for a valid one.
    private func validate(_ paths: [String], in workspace: Workspace) async throws -> [String: String] {
        let environment = workspace.path + "/python"
        let made = try await run("python3", "-m", "venv", environment)
        try #require(made.0 == 0, "\(made.1)")
        let installed = try await run(
            "\(environment)/bin/pip", "install", "--quiet", "--disable-pip-version-check", "jsonschema==4.*",
            "ruamel.yaml<1")
        try #require(installed.0 == 0, "\(installed.1)")
        try workspace.write("validate.py", Data(Self.program.utf8))
        try workspace.write("schema.json", Data(applianceJSONSchema().utf8))
        try workspace.write("paths.txt", Data(paths.joined(separator: "\n").utf8))
        let (status, output) = try await run(
            "\(environment)/bin/python", ["validate.py"], in: workspace.path)
        try #require(status == 0, "\(output)")
        return try JSONDecoder().decode([String: String].self, from: Data(output.utf8))
    }

    private static let program = """
        import json, jsonschema, ruamel.yaml

        schema = json.load(open("schema.json"))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        yaml = ruamel.yaml.YAML(typ="safe", pure=True)
        def replace(loader, node):
            node.tag = None
            return loader.construct_sequence(node, deep=True) if isinstance(node, ruamel.yaml.SequenceNode) \\
                else loader.construct_mapping(node, deep=True)
        yaml.constructor.add_constructor("!replace", replace)
        # Dates, as YAML 1.1 has them, are strings to YAML 1.2 and to JSON, also where there is no such day.
        yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
        result = {}
        for path in open("paths.txt").read().split("\\n"):
            document = yaml.load(open(path))
            document = json.loads(json.dumps(document, default=str))
            result[path] = "; ".join(e.message[:200] for e in validator.iter_errors(document))
        print(json.dumps(result))
        """

    private func collect(_ record: Record, _ patterns: inout Set<String>) {
        var found = patterns
        collect(record) { found.insert($0.pattern) }
        patterns = found
    }

    private func collect(_ record: Record, _ visit: (TextRule) -> Void) {
        func walk(_ shape: Shape) {
            switch shape {
            case .text(let rule): visit(rule)
            case .list(let item, _): walk(item)
            case .map(let keys, let values):
                visit(keys)
                walk(values)
            case .record(let record): record.fields.forEach { walk($0.shape) }
            case .either(let shapes): shapes.forEach(walk)
            case .integer, .boolean, .flag, .choice, .anything: break
            }
        }
        record.fields.forEach { walk($0.shape) }
    }
}

/// Specs with one value, key or item changed, as JSON, which YAML contains.
private func mutations(of spec: String, count: Int) throws -> [String] {
    let root = try #require(YAMLReader.read(SourceFile(path: "a.yaml", text: spec)).root).json
    var random = SplitMix(state: 42)
    return (0..<count).map { _ in
        var copy = root
        mutate(&copy, &random, depth: 0)
        return copy.prettyText
    }
}

private func mutate(_ value: inout JSONValue, _ random: inout SplitMix, depth: Int) {
    let odd: [JSONValue] = [
        .null, true, false, 0, 1, -1, 80, 70000, .number(1.5), .number(2.0), "", " ", "x", "auto", "20%", "1 GB", "30s",
        "a b",
        "/etc/x", "/etc/../x", "etc", "../x", "0644", "0999", "nginx", "nginx=1", "-nginx", "Nginx", "a.service",
        "trixie", "no",
        "raw", "bios", "é", "a:b", "a:b:c", "locked", "NoCloud", [], ["x"], [1], [:], ["x": 1], ["path": "/"], "1.0",
        "1.0.0-", "$x",
    ]
    let stops = depth > 0 && random.next() % 4 == 0
    switch value {
    case .object(var members) where !members.isEmpty && !stops:
        let key = members.keys.sorted()[Int(random.next() % UInt64(members.count))]
        switch random.next() % 8 {
        case 0: members[key] = nil
        case 1: members[key + "x"] = members[key]
        default:
            if var inner = members[key] {
                mutate(&inner, &random, depth: depth + 1)
                members[key] = inner
            }
        }
        value = .object(members)
    case .array(var items) where !items.isEmpty && !stops:
        mutate(&items[Int(random.next() % UInt64(items.count))], &random, depth: depth + 1)
        value = .array(items)
    default: value = odd[Int(random.next() % UInt64(odd.count))]
    }
}
