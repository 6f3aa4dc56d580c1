package import Diagnostics

/// `%pre`, `%pre-install`, `%post`, `%onerror` or `%traceback`.
package struct ScriptSection: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case pre = "%pre"
        case preInstall = "%pre-install"
        case post = "%post"
        case onError = "%onerror"
        case traceback = "%traceback"
    }

    package var kind: Located<Kind>
    /// `/bin/sh` where the header says nothing.
    package var interpreter: Located<String>
    /// `--log`, `--logfile`: a file that gets what the script prints.
    package var log: Located<String>?
    package var erroronfail: Located<Bool>
    /// Only `%post` has it.
    package var nochroot: Located<Bool>
    /// The body, line by line as in the file; included files in place.
    package var lines: [ScriptLine]
    /// The header.
    package var range: SourceRange

    /// The body, byte by byte as in the file, line ends as they are there.
    package var body: String { lines.map { $0.text + $0.lineEnd }.joined() }
}

/// A line of a section's body; `range` is the whole line in the file that it comes from.
package struct ScriptLine: Sendable {
    package var text: String
    /// `\n`, `\r\n` or `\r`; empty on a last line without one.
    package var lineEnd: String
    package var range: SourceRange
}

/// `%certificate`.
package struct CertificateSection: Sendable {
    package var filename: Located<String>
    package var directory: Located<String>?
    package var type: Located<String>?
    package var lines: [ScriptLine]
    package var range: SourceRange

    /// The certificate, without the last line's end.
    package var body: String {
        let body = lines.map { $0.text + $0.lineEnd }.joined()
        return body.hasSuffix("\n") ? String(body.dropLast()) : body
    }
}

/// A section that is kept and not read: `%addon com_redhat_kdump --enable`.
package struct RawSection: Sendable {
    /// `%addon`.
    package var name: Located<String>
    package var arguments: [Located<String>]
    package var lines: [ScriptLine]
    package var range: SourceRange
}
