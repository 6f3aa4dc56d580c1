/// One thing of a tree that lies in layers, and which of them it is in.
package struct TreeItem: Sendable {
    package var entry: ArchiveEntry
    /// Its path on this machine; empty for a folder, which may have one in each layer.
    package var place: String
    /// From the lowest, which is 0; a folder's highest.
    package var layer: Int
    /// A folder's lowest that shows through; of everything else the same.
    package var lowestLayer: Int
}
