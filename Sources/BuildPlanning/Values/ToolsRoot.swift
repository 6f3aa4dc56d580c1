/// The build tools of the appliance's own release, unpacked: mke2fs, mtools, dosfstools, GRUB, Python with pip.
package struct ToolsRoot: Sendable {
    /// Absolute path of the root folder.
    package var tree: String

    package init(tree: String) {
        self.tree = tree
    }
}
