import FileTrees

/// Files of Stonebake's own that are installed with the program: what runs inside sandboxes, and libraries that are loaded
/// into other programs (ld.so(8), `LD_PRELOAD`).
package enum CompanionFile {
    /// Beside the program, as the compiler leaves it, or in `../lib/stonebake`, as a package would have it.
    ///
    /// - Parameters:
    ///   - name: `libstonebake-variation.so`
    ///   - executable: the stonebake executable
    /// - Returns: nil where it lies in none of the two
    package static func path(_ name: String, beside executable: String) -> String? {
        let folder = Files.folder(of: executable)
        return [folder, "\(Files.folder(of: folder))/lib/stonebake"].map { "\($0)/\(name)" }
            .first { Files.exists($0) }
    }
}
