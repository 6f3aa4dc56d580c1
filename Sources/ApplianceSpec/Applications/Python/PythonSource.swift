import Diagnostics

// What the kinds for Python applications ask of a source folder and of a requirements file.
extension SpecDecoder {
    /// `shop.wsgi:app` is `shop/wsgi.py` or `shop/wsgi/__init__.py` below the source; `shop:create_app()` a function that
    /// makes the application.
    mutating func checkModule(_ module: Located<String>, in source: String) {
        guard TextRule.pythonModule.accepts(module.value) else { return }
        let isFactory = module.value.hasSuffix("()")
        let halves = module.value.dropLast(isFactory ? 2 : 0).split(separator: ":")
        guard let file = file(of: halves[0], in: source) else {
            let modules = SourceTree.pythonModules(in: source)
            fail(
                "module-not-found", "there is no module '\(halves[0])' in '\(paths.shown(source))'", module.range,
                hint: nearest(String(halves[0]), in: modules).map {
                    "did you mean '\($0):\(halves[1])\(isFactory ? "()" : "")'?"
                }
                    ?? "it would be \(Self.files(of: halves[0]).joined(separator: " or "))")
            return
        }
        guard case .text(let text) = TextFileReader(paths: paths).read("\(source)/\(file)", written: file) else {
            return
        }
        let words = text.text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        if !words.contains(halves[1]) {
            warn(
                "callable-not-found", "'\(paths.shown("\(source)/\(file)"))' does not mention '\(halves[1])'",
                module.range)
        }
    }

    /// Whether a source folder holds the module; of `shop.wsgi:app` too.
    func hasModule(_ module: String, in source: String) -> Bool {
        file(of: module.prefix { $0 != ":" }, in: source) != nil
    }

    private func file(of module: Substring, in source: String) -> String? {
        Self.files(of: module).first { paths.kind(of: "\(source)/\($0)") == .file }
    }

    private static func files(of module: Substring) -> [String] {
        let path = module.split(separator: ".").joined(separator: "/")
        return ["\(path).py", "\(path)/__init__.py"]
    }

    /// The environment is in the image, and an image is not a secret.
    mutating func warnOfSecret(_ member: SpecNode.Member, secretsPath: String) {
        let words = member.key.value.uppercased().split(separator: "_")
        let secrets: Set<Substring> = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIALS", "APIKEY"]
        guard words.contains(where: secrets.contains), member.value.string?.isEmpty == false else { return }
        warn(
            "secret-in-image", "'\(member.key.value)' would be readable in every copy of the image", member.key.range,
            hint: "give it at first boot: cloud-init writes \(secretsPath), which the application reads")
    }

    /// The requirements with every line that cannot be locked as a wheel reported, and with what the kind needs.
    ///
    /// - Parameters:
    ///   - name: what messages call them where there is no file
    ///   - standard: what they are then
    ///   - needed: what the kind needs besides; Gunicorn is always among it
    ///   - problem: what is wrong with the projects that the file names, and what helps
    mutating func requirements(
        _ node: SpecNode?, of name: String, standard: [String] = [], needing needed: [String] = [],
        problem: (_ names: Set<String>) -> (message: String, hint: String)? = { _ in nil }
    ) -> SourceFile {
        let needed = [Requirements.gunicorn] + needed
        guard let node, let path = node.string, !path.isEmpty, let file = hostTextQuietly(node) else {
            return SourceFile(path: name, text: (standard + needed).map { "\($0)\n" }.joined())
        }
        let requirements = Requirements(file, needing: needed)
        report.append(requirements.report)
        if let (message, hint) = problem(requirements.names) {
            fail("bad-requirement", message, file.range(line: 1), hint: hint)
        }
        return requirements.complete
    }

    /// The text of a file whose absence has been reported already.
    private func hostTextQuietly(_ node: SpecNode) -> SourceFile? {
        guard let text = node.string else { return nil }
        let path = paths.absolute(text, in: paths.folder(of: node.range.file))
        guard case .text(let file) = TextFileReader(paths: paths).read(path, written: text) else { return nil }
        return file
    }
}
