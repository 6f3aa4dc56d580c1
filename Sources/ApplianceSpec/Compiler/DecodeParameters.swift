import Diagnostics

// `parameters:`, each by itself.
extension SpecDecoder {
    /// What a shell or the dynamic linker takes for its own.
    private static let reservedVariables: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "IFS", "ENV", "BASH_ENV", "PWD", "OLDPWD", "TERM", "LANG",
        "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP",
    ]

    /// In the order in which they are declared; one of a base is replaced by one of the same name.
    mutating func parameters() -> [Parameter] {
        var parameters: [Parameter] = []
        for node in root.list("parameters") {
            guard let name = node.text("name"), TextRule.parameterName.accepts(name.value) else { continue }
            let parameter = parameter(node, name)
            guard let index = parameters.firstIndex(where: { $0.name.value == name.value }) else {
                parameters.append(parameter)
                continue
            }
            let first = parameters[index].name.range
            if first?.file === name.range?.file {
                fail(
                    "duplicate-parameter", "the parameter '\(name.value)' is declared twice", name.range,
                    notes: first.map { [.init("first declared here", at: $0)] } ?? [])
            }
            parameters[index] = parameter
        }
        return parameters
    }

    private mutating func parameter(_ node: SpecNode, _ name: Located<String>) -> Parameter {
        let kind: Parameter.Kind = node.choice("type") ?? .string
        let isSecret = node["secret"]?.boolean ?? (kind == .password)
        let parameter = Parameter(
            name, kind, node.text("description")?.value ?? name.value, standard: node["default"]?.scalarText,
            isRequired: node["required"]?.boolean ?? false, isSecret: isSecret,
            isShown: node["show"]?.boolean ?? true, variable: node.text("variable")?.value,
            choices: node.texts("choices").map(\.value), pattern: node.text("pattern")?.value,
            minimum: node["min"]?.integer, maximum: node["max"]?.integer, minimumLength: node["min-length"]?.integer,
            maximumLength: node["max-length"]?.integer, example: node["example"]?.scalarText)
        checkKeys(of: parameter, node)
        checkLimits(of: parameter, node)
        checkVariable(of: parameter, node)
        for key in ["default", "example"] {
            guard let value = node[key], let text = value.scalarText else { continue }
            if key == "default", text.isEmpty, ![.integer, .port, .boolean, .choice].contains(kind) { continue }
            if let problem = ParameterRule(parameter).problem(with: text) {
                fail("bad-\(key)", "'\(text)' is no value for '\(name.value)': \(problem)", value.range)
            }
        }
        return parameter
    }

    private mutating func checkKeys(of parameter: Parameter, _ node: SpecNode) {
        let kind = parameter.kind
        func range(_ key: String) -> SourceRange? { node.member(key)?.key.range }
        if parameter.isRequired, let standard = range("default") {
            fail(
                "conflicting-keys", "what is required has no default", standard,
                notes: range("required").map { [.init("required, says this", at: $0)] } ?? [])
        }
        if parameter.isSecret, let standard = node["default"], standard.scalarText?.isEmpty == false {
            fail(
                "secret-in-image", "the default of a secret would be readable in every copy of the image",
                standard.range, hint: "without one, each instance generates its own; 'example' is for checks")
        }
        if !parameter.isSecret, let show = range("show") {
            fail("conflicting-keys", "only a secret is shown or not", show)
        }
        if parameter.isGenerated {
            // What no generator can know.
            if parameter.pattern != nil || ![.password, .string, .text].contains(kind) {
                fail(
                    "cannot-generate", "no generator knows how '\(parameter.name.value)' has to look",
                    range("pattern") ?? range("type") ?? parameter.name.range,
                    hint: "make it 'required', or give it an empty default")
            }
        } else if !parameter.isRequired, !parameter.isSecret, parameter.standard == nil {
            fail(
                "missing-key", "'\(parameter.name.value)' is neither required nor has a default", parameter.name.range,
                hint: "'required: true', or 'default: \"\"' for one that may be left out")
        }
        if kind == .choice, parameter.choices.isEmpty, node["choices"] == nil {
            fail("missing-key", "a choice needs 'choices'", range("type") ?? node.firstRange)
        }
        let allowed: [(keys: [String], kinds: [Parameter.Kind])] = [
            (["choices"], [.choice]), (["min", "max"], [.integer, .port]),
            (["pattern", "min-length", "max-length"], [.string, .text, .password, .hostname, .email, .url]),
        ]
        for (keys, kinds) in allowed where !kinds.contains(kind) {
            for key in keys {
                guard let range = range(key) else { continue }
                fail(
                    "conflicting-keys", "a parameter of type \(kind.rawValue) has no '\(key)'", range,
                    hint: "that is for \(kinds.map(\.rawValue).joined(separator: ", "))")
            }
        }
    }

    private mutating func checkLimits(of parameter: Parameter, _ node: SpecNode) {
        if let least = parameter.minimum, let most = parameter.maximum, least > most {
            fail("empty-range", "no integer is at least \(least) and at most \(most)", node["min"]?.range)
        }
        if let least = parameter.minimumLength, let most = parameter.maximumLength, least > most {
            fail(
                "empty-range", "no text has at least \(least) and at most \(most) characters", node["min-length"]?.range
            )
        }
        if let pattern = node["pattern"], let text = pattern.string, (try? Regex(text)) == nil {
            fail("bad-pattern", "'\(text)' is not a regular expression", pattern.range)
        }
        var seen: Set<String> = []
        for choice in node.texts("choices") where !seen.insert(choice.value).inserted {
            warn("listed-twice", "the choice '\(choice.value)' is listed twice", choice.range)
        }
    }

    private mutating func checkVariable(of parameter: Parameter, _ node: SpecNode) {
        let name = parameter.variable
        guard Self.reservedVariables.contains(name) || name.hasPrefix("LD_") else { return }
        fail(
            "reserved-variable", "the variable '\(name)' means something else to every program",
            node["variable"]?.range ?? parameter.name.range,
            hint: "give it another one: 'variable: APPLIANCE_\(name)'")
    }
}
