import ApplianceSpec
import Diagnostics
import FileTrees
import HostSystem
import SandboxInside

/// A script of the spec as it is run: its text in a file, the command that runs it, and where its output goes.
struct ScriptRun {
    let script: ScriptEntry
    /// On the host; /run/stonebake inside.
    let folder: String

    private static let place = "/run/stonebake/script"

    func write() throws(HostError) {
        // Without an interpreter line, and without one that the spec names, it is a shell's.
        let text = script.text.hasPrefix("#!") ? script.text : "#!/bin/sh\n\(script.text)"
        try Files.write(script.interpreter == nil ? text : script.text, to: "\(folder)/script", mode: 0o755)
        guard let log = script.log else { return }
        try Files.write(Self.logging(to: log, beside: script.place == .host), to: "\(folder)/logging", mode: 0o755)
    }

    var command: Command {
        let words = (script.interpreter ?? "").split(separator: " ").map(String.init) + [Self.place]
        if script.log != nil { return Command("/bin/sh", ["/run/stonebake/logging"] + words) }
        return Command(words[0], Array(words.dropFirst()))
    }

    func remove() throws(HostError) {
        try Files.remove("\(folder)/script")
        if script.log != nil { try Files.remove("\(folder)/logging") }
    }

    /// What it prints goes to the build's log as well as to the image's. The pipe's own status is tee's, so the
    /// script's is handed on in a file.
    private static func logging(to log: String, beside: Bool) -> String {
        let path = Command.quoted((beside ? SandboxPlaces.beside : "") + log)
        return """
            log=\(path)
            mkdir -p "${log%/*}/" || exit 1
            { "$@" 2>&1; echo $? >/run/stonebake/status; } | tee -a "$log"
            status=$(cat /run/stonebake/status 2>/dev/null)
            rm -f /run/stonebake/status
            exit "${status:-1}"

            """
    }

    /// What helps, as far as its last lines say why it failed.
    func hint(after lines: [String]) -> String? {
        guard lines.first?.hasSuffix("status 127") == true, let interpreter = script.interpreter else { return nil }
        return "is '\(interpreter)' in the image?"
    }
}
