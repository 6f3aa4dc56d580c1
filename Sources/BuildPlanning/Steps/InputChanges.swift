package import ContentDigest

/// Why a step runs: the inputs that differ from those of the last time, each as one line that names what the author of
/// the spec can find: a file by its path, a key of the spec, a package with both versions, a script by its name.
package struct InputChanges: Sendable, Equatable {
    /// What changed in the spec, its files, its lock, or in Stonebake.
    package var causes: [String]
    /// The steps that this one follows from and that have other results than the last time: their titles.
    package var followed: [String]

    /// - Parameters:
    ///   - before: the step's inputs when it was last done
    ///   - steps: all of the plan, for their titles
    ///   - shown: a path of this machine as a person would type it
    package init(
        of step: BuildStep, since before: StepInputs, in steps: [BuildStep], shown: @escaping (_ path: String) -> String
    ) {
        let differing = step.inputs.differences(from: before)
        var names = InputNames(step: step, before: before, differing: Set(differing), shown: shown)
        var causes: [String] = []
        var followed: [String] = []
        for name in differing {
            if let kind = InputName.follows(name) {
                if step.inputs.entries[name] != nil, let title = steps.first(where: { $0.kind.rawValue == kind })?.title
                {
                    followed.append(title)
                }
            } else if let line = names.line(name) {
                causes.append(line)
            }
        }
        self.causes = causes
        self.followed = followed
    }

    /// `Appliances/wsgi/app/hello.py changed`, or what it follows from; several lines when there are several.
    package var lines: [String] {
        // What follows from an earlier step anyway needs no word when there is something of its own.
        causes.isEmpty ? followed.map { "follows from '\($0)'" } : causes
    }
}

/// How inputs are named in a step's digest: the same on every machine and in every folder.
package enum InputName {
    static func step(_ kind: BuildStep.Kind) -> String { "step \(kind.rawValue)" }
    static func code(_ kind: BuildStep.Kind) -> String { "code of \(kind.rawValue)" }
    static func package(_ name: String, _ architecture: String, _ version: String) -> String {
        "package \(name):\(architecture) \(version)"
    }
    static func wheel(_ file: String) -> String { "wheel \(file)" }
    static func source(_ name: String) -> String { "source \(name)" }
    static func file(_ path: String) -> String { "files: \(path)" }
    static func script(_ name: String) -> String { "scripts: \(name)" }
    static func user(_ name: String) -> String { "users: \(name)" }
    static func application(_ part: String) -> String { "application: \(part)" }

    static let fileOrder = "the order of files"
    static let scriptOrder = "the order of scripts"
    static let identity = "the disk's identity"
    static let timestamp = "timestamp"
    /// Behind a source's name: whether it may be executed.
    package static let executableMark = "\0executable"

    static func follows(_ name: String) -> String? { rest(of: name, after: "step ") }

    static func rest(of name: String, after prefix: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }
}

/// Turns differing inputs into lines; several of one thing become one.
private struct InputNames {
    let step: BuildStep
    let before: StepInputs
    let differing: Set<String>
    let shown: (String) -> String
    private var told: Set<String> = []

    init(step: BuildStep, before: StepInputs, differing: Set<String>, shown: @escaping (String) -> String) {
        self.step = step
        self.before = before
        self.differing = differing
        self.shown = shown
    }

    private enum Change: String { case added, removed, changed }

    private func change(_ name: String) -> Change {
        guard before.entries[name] != nil else { return .added }
        return step.inputs.entries[name] == nil ? .removed : .changed
    }

    /// Nil for what another line tells already.
    mutating func line(_ name: String) -> String? {
        if let rest = InputName.rest(of: name, after: "package ") { return versioned(rest, "package ") }
        if let rest = InputName.rest(of: name, after: "wheel ") { return versioned(wheel: rest) }
        if let rest = InputName.rest(of: name, after: "source ") { return source(rest, name) }
        if InputName.rest(of: name, after: "code of ") != nil { return "Stonebake's own code for this step changed" }
        if isConsequence(name) { return nil }
        if name == InputName.timestamp { return "the lock's timestamp changed" }
        return "\(step.labels[name] ?? name) \(change(name).rawValue)"
    }

    /// What always changes with something else that is told.
    private func isConsequence(_ name: String) -> Bool {
        func differs(_ prefix: String, but kinds: Change...) -> Bool {
            differing.contains { $0.hasPrefix(prefix) && !kinds.contains(change($0)) }
        }
        switch name {
        case InputName.fileOrder: return differs("files: ", but: .changed) || differs("application: ", but: .changed)
        case InputName.scriptOrder: return differs("scripts: ", but: .changed)
        case InputName.identity: return !differing.isDisjoint(with: ["name", "version"])
        default: break
        }
        // What the application's kind makes of its keys.
        if name.hasPrefix("application: ") {
            return differing.contains { $0.hasPrefix("application.") || $0 == "summary" }
        }
        return false
    }

    /// `package nginx-light 1.26.3-2 → 1.26.3-3`
    private mutating func versioned(_ rest: String, _ prefix: String) -> String? {
        guard let space = rest.lastIndex(of: " ") else { return "\(prefix)\(rest) changed" }
        let name = String(rest[..<space])
        return paired(
            "package \(name.hasSuffix(":\(nativeArchitecture)") ? String(name.dropLast(nativeArchitecture.count + 1)) : name)",
            key: "package \(name)",
            old: version(before) { InputName.rest(of: $0, after: "package \(name) ") },
            new: version(step.inputs) { InputName.rest(of: $0, after: "package \(name) ") })
    }

    /// Most packages' architecture, which need not be said.
    private var nativeArchitecture: String {
        step.inputs.entries.keys.contains { $0.hasPrefix("package ") && $0.contains(":arm64 ") } ? "arm64" : "amd64"
    }

    /// `wheel flask 3.1.0 → 3.1.1`: a wheel's file name begins with project and version (PEP 427).
    private mutating func versioned(wheel file: String) -> String? {
        let project = String(file.prefix { $0 != "-" })
        func number(_ inputs: StepInputs) -> String? {
            version(inputs) { name in
                InputName.rest(of: name, after: "wheel \(project)-").map { String($0.prefix { $0 != "-" }) }
            }
        }
        return paired("wheel \(project)", key: "wheel \(project)", old: number(before), new: number(step.inputs))
    }

    private func version(_ inputs: StepInputs, _ match: (String) -> String?) -> String? {
        inputs.entries.keys.sorted().lazy.compactMap(match).first
    }

    private mutating func paired(_ title: String, key: String, old: String?, new: String?) -> String? {
        guard told.insert(key).inserted else { return nil }
        switch (old, new) {
        case (let old?, let new?) where old == new: return "\(title) \(new) changed (other content, same version)"
        case (let old?, let new?): return "\(title) \(old) → \(new)"
        case (nil, let new?): return "\(title) \(new) added"
        case (let old?, nil): return "\(title) \(old) removed"
        case (nil, nil): return "\(title) changed"
        }
    }

    private func source(_ rest: String, _ name: String) -> String? {
        guard rest.hasSuffix(InputName.executableMark) else { return "\(path(rest)) \(change(name).rawValue)" }
        let file = String(rest.dropLast(InputName.executableMark.count))
        // One that came or went says so itself.
        guard before.entries[InputName.source(file)] != nil, step.inputs.entries[InputName.source(file)] != nil else {
            return nil
        }
        return
            "\(path(file)) changed (\(change(name) == .added ? "it may be executed now" : "it may no longer be executed"))"
    }

    /// Where the file lies on this machine, or did.
    private func path(_ source: String) -> String {
        let root = step.hostPaths.keys.filter { source == $0 || source.hasPrefix($0 + "/") }.max { $0.count < $1.count }
        if let root, let path = step.hostPaths[root] { return shown(path + source.dropFirst(root.count)) }
        if let target = InputName.rest(of: source, after: "of ") { return "the source of \(target)" }
        return shown("\(step.folder)/\(source)")
    }
}
