import Diagnostics

// What the kinds for Python applications ask of a source folder and of a requirements file.
extension SpecDecoder {
    /// `shop.wsgi:app` is `shop/wsgi.py` or `shop/wsgi/__init__.py` below the source.
    mutating func checkModule(_ module: Located<String>, in source: String) {
        guard TextRule.pythonModule.accepts(module.value) else { return }
        let halves = module.value.split(separator: ":")
        let path = halves[0].split(separator: ".").joined(separator: "/")
        let candidates = ["\(path).py", "\(path)/__init__.py"]
        guard let file = candidates.first(where: { paths.kind(of: "\(source)/\($0)") == .file }) else {
            let modules = SourceTree.pythonModules(in: source)
            fail(
                "module-not-found", "there is no module '\(halves[0])' in '\(paths.shown(source))'", module.range,
                hint: nearest(String(halves[0]), in: modules).map { "did you mean '\($0):\(halves[1])'?" }
                    ?? "it would be \(candidates.joined(separator: " or "))")
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

    /// The environment is in the image, and an image is not a secret.
    mutating func warnOfSecret(_ member: SpecNode.Member, secretsPath: String) {
        let words = member.key.value.uppercased().split(separator: "_")
        let secrets: Set<Substring> = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIALS", "APIKEY"]
        guard words.contains(where: secrets.contains), member.value.string?.isEmpty == false else { return }
        warn(
            "secret-in-image", "'\(member.key.value)' would be readable in every copy of the image", member.key.range,
            hint: "give it at first boot: cloud-init writes \(secretsPath), which the application reads")
    }

    /// The requirements with every line that cannot be locked as a wheel reported; Gunicorn alone when there are none.
    ///
    /// - Parameter name: what messages call Gunicorn alone, which is in no file.
    mutating func requirements(_ node: SpecNode?, of name: String) -> SourceFile {
        guard let node, let path = node.string, !path.isEmpty, let file = hostTextQuietly(node) else {
            return SourceFile(path: name, text: Requirements.gunicorn + "\n")
        }
        let requirements = Requirements(file)
        report.append(requirements.report)
        return requirements.withGunicorn
    }

    /// The text of a file whose absence has been reported already.
    private func hostTextQuietly(_ node: SpecNode) -> SourceFile? {
        guard let text = node.string else { return nil }
        let path = paths.absolute(text, in: paths.folder(of: node.range.file))
        guard case .text(let file) = TextFileReader(paths: paths).read(path, written: text) else { return nil }
        return file
    }
}
