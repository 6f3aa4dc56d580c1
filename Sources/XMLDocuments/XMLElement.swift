internal import CXML
internal import Glibc

/// An element of an XML document, with what is in it. libxml2 writes and reads the text; nothing is fetched and no entity
/// expanded, as what is read may be a stranger's.
package struct XMLElement: Sendable, Equatable {
    /// With its prefix, where it has one: `rasd:ElementName`.
    package var name: String
    package var attributes: [Attribute]
    package var children: [XMLElement]
    /// Of an element without children.
    package var text: String

    package struct Attribute: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String = "",
        _ children: [XMLElement] = []
    ) {
        self.name = name
        self.attributes = attributes.map { Attribute($0.key, $0.value) }
        self.text = text
        self.children = children
    }

    /// The first child with that name, whatever its prefix.
    package subscript(name: String) -> XMLElement? { children.first { $0.localName == name } }

    package func all(_ name: String) -> [XMLElement] { children.filter { $0.localName == name } }

    /// The attribute with that name, whatever its prefix.
    package func attribute(_ name: String) -> String? {
        attributes.first { $0.name.split(separator: ":").last.map(String.init) == name }?.value
    }

    package var localName: String { name.split(separator: ":").last.map(String.init) ?? name }

    /// Elements below it with that name, at any depth.
    package func descendants(_ name: String) -> [XMLElement] {
        children.flatMap { ($0.localName == name ? [$0] : []) + $0.descendants(name) }
    }
}

extension XMLElement {
    /// A document with this root, UTF-8; `indented`: a line for each element.
    package func document(indented: Bool = true) -> String {
        guard let buffer = xmlBufferCreate() else { return "" }
        defer { xmlBufferFree(buffer) }
        guard let writer = xmlNewTextWriterMemory(buffer, 0) else { return "" }
        xmlTextWriterSetIndent(writer, indented ? 1 : 0)
        xmlTextWriterSetIndentString(writer, "  ")
        xmlTextWriterStartDocument(writer, "1.0", "UTF-8", nil)
        write(to: writer)
        xmlTextWriterEndDocument(writer)
        xmlFreeTextWriter(writer)
        guard let content = xmlBufferContent(buffer) else { return "" }
        return String(cString: content)
    }

    private func write(to writer: xmlTextWriterPtr) {
        xmlTextWriterStartElement(writer, name)
        for attribute in attributes { xmlTextWriterWriteAttribute(writer, attribute.name, attribute.value) }
        if children.isEmpty {
            if !text.isEmpty { xmlTextWriterWriteString(writer, text) }
        } else {
            for child in children { child.write(to: writer) }
        }
        xmlTextWriterEndElement(writer)
    }

    /// The root of a document; nil for what is no well-formed XML, with libxml2's first complaint in `complaint`.
    package static func parse(_ bytes: [UInt8], complaint: inout String?) -> XMLElement? {
        let options =
            Int32(XML_PARSE_NONET.rawValue) | Int32(XML_PARSE_NOERROR.rawValue)
            | Int32(XML_PARSE_NOWARNING.rawValue)
        let document = bytes.withUnsafeBytes { buffer in
            xmlReadMemory(
                buffer.bindMemory(to: CChar.self).baseAddress, Int32(clamping: buffer.count), "document.xml", nil,
                options)
        }
        guard let document else {
            complaint =
                xmlGetLastError().flatMap { error in
                    error.pointee.message.map {
                        "line \(error.pointee.line): \(String(cString: $0))".split(separator: "\n").joined(
                            separator: " ")
                    }
                } ?? "it is no well-formed XML"
            return nil
        }
        defer { xmlFreeDoc(document) }
        return xmlDocGetRootElement(document).map { XMLElement(node: $0, depth: 0) }
    }

    private init(node: xmlNodePtr, depth: Int) {
        func name(_ prefix: UnsafePointer<xmlNs>?, _ local: UnsafePointer<xmlChar>?) -> String {
            let own = local.map { String(cString: $0) } ?? ""
            return prefix?.pointee.prefix.map { "\(String(cString: $0)):\(own)" } ?? own
        }
        self.init(name(node.pointee.ns, node.pointee.name))
        var attribute = node.pointee.properties
        while let current = attribute {
            let value = xmlNodeListGetString(node.pointee.doc, current.pointee.children, 1)
            attributes.append(
                Attribute(name(current.pointee.ns, current.pointee.name), value.map { String(cString: $0) } ?? ""))
            if let value { sb_xml_free(value) }
            attribute = current.pointee.next
        }
        var child = node.pointee.children
        while let current = child {
            switch current.pointee.type {
            // Deeper than any description of a machine; a stranger's document is not to exhaust the stack.
            case XML_ELEMENT_NODE where depth < 100: children.append(XMLElement(node: current, depth: depth + 1))
            case XML_TEXT_NODE, XML_CDATA_SECTION_NODE:
                if let content = current.pointee.content { text += String(cString: content) }
            default: break
            }
            child = current.pointee.next
        }
        if !children.isEmpty { text = "" }
    }
}
