package import Diagnostics

/// A Kickstart file with everything that it includes, in order. Every value knows its file, line and column.
///
/// Nothing is decided here: repeated commands are all there. To pykickstart a later scalar command (`lang`, `rootpw`)
/// replaces an earlier one, while `part`, `user` and the like add up: `KickstartCommand.repeats`.
package struct KickstartDocument: Sendable {
    package var file: SourceFile
    /// All files that were read, this one first, in the order in which they are included.
    package var files: [SourceFile]
    /// `#version=`, in the first file; nil where there is none.
    package var version: Located<Dialect>?
    /// The dialect that the file was read as; nil: the union of all.
    package var dialect: Dialect?
    /// `#platform=`, which only an old tool reads.
    package var platform: Located<String>?
    package var items: [Item] = []
    /// The text of the file with those that it includes in place, and no `%include` or `%ksappend`. Read again, by
    /// pykickstart or by us, it says the same. Comments stay; of an included file that is not there a comment remains,
    /// and inside of a script nothing.
    package var flattened = ""

    /// What stands in a file, in its order, included files in place.
    package enum Item: Sendable {
        case command(CommandStatement)
        /// A script section, with its `%end` or without.
        case script(ScriptSection)
        case packages(PackagesSection)
        case certificate(CertificateSection)
        /// `%addon`, `%anaconda`: not read any further.
        case raw(RawSection)
        /// An `%include` whose file is not there, where that is tolerated.
        case missingInclude(MissingInclude)
    }

    package init(file: SourceFile) {
        self.file = file
        files = [file]
    }

    package var commands: [CommandStatement] {
        items.compactMap { if case .command(let line) = $0 { line } else { nil } }
    }

    package var scripts: [ScriptSection] {
        items.compactMap { if case .script(let script) = $0 { script } else { nil } }
    }

    package var certificates: [CertificateSection] {
        items.compactMap { if case .certificate(let section) = $0 { section } else { nil } }
    }

    package var rawSections: [RawSection] {
        items.compactMap { if case .raw(let section) = $0 { section } else { nil } }
    }

    package var missingIncludes: [MissingInclude] {
        items.compactMap { if case .missingInclude(let include) = $0 { include } else { nil } }
    }

    /// All `%packages` sections, merged as pykickstart does: between `x` and `-x` the later one wins.
    package var packages: PackageSelection {
        PackageSelection(
            merging: items.compactMap { if case .packages(let section) = $0 { section } else { nil } })
    }
}

/// One line with a command.
package struct CommandStatement: Sendable {
    /// As it is written: `part` or `partition`.
    package var name: Located<String>
    package var command: KickstartCommand
    /// From the command to the last word.
    package var range: SourceRange
    /// The words behind the command, quotes resolved.
    package var arguments: [Located<String>]
    /// The whole line.
    package var text: String
}

package struct MissingInclude: Sendable {
    /// As it is written.
    package var path: Located<String>
    /// `%packages`, `%post`, … where it stands in one.
    package var section: String?
    /// The whole line.
    package var text: String
    /// What is wrong with it, where it is not tolerated.
    package var problem: Diagnostic
}
