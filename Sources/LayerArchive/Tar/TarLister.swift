import CLibArchive
import Glibc

/// One member of an archive that holds an image: where its content lies in the file.
package struct ArchiveMember: Hashable, Sendable {
    /// Normalised as a layer's paths are.
    package let name: [UInt8]
    /// What the member is; never a marker.
    package let kind: EntryKind
    /// Bytes of content, the holes of a sparse file included; 0 for all but regular files.
    package let size: Int64
    /// Offset in the file at which the content starts.
    package let dataOffset: Int64
    /// Offset in the file at which the headers start, for a sparse file, whose content is not one range of the file; else nil.
    package let sparseHeaderOffset: Int64?
    /// A symlink's target as written; a hard link's as a normalised path; else empty.
    package let linkTarget: [UInt8]
}

/// Lists an uncompressed, seekable archive without reading its contents.
package enum TarLister {
    /// The members of the tar that `fd` has open, in order; its position is neither used nor moved.
    ///
    /// A member that claims more than the file has is `tarTruncated`; of a sparse one this is found out when it is read, see
    /// `SparseMemberSource`. Limits: entries, and the bytes of one path.
    package static func members(
        fd: Int32, limits: ScanLimits = ScanLimits()
    ) throws(LayerArchiveError) -> [ArchiveMember] {
        var status = stat()
        guard fstat(fd, &status) == 0 else { throw .io(name: "", errno: errno) }
        let input = FileInput(fd: fd, length: Int64(status.st_size))
        let reader = try TarReader(input)
        return try withRawNames { () throws(LayerArchiveError) in
            try members(reader, fileBytes: Int64(status.st_size), limits)
        }
    }

    private static func members(
        _ reader: TarReader, fileBytes: Int64, _ limits: ScanLimits
    ) throws(LayerArchiveError) -> [ArchiveMember] {
        var members: [ArchiveMember] = []
        func place(_ path: [UInt8]?) -> EntryPlace {
            EntryPlace(index: members.count, path: path, previousPath: members.last?.name)
        }
        do { try reader.open() } catch { throw located(error, place(nil)) }
        while true {
            let step: TarReader.Step
            do { step = try reader.next() } catch { throw located(error, place(nil)) }
            switch step {
            case .end: return members
            case .damagedBlock: throw .badTar(place(nil), detail: "Damaged tar archive")
            case .entry:
                guard members.count < limits.maxEntries else {
                    throw .limitExceeded(.entries, limit: Int64(limits.maxEntries), place(nil))
                }
                let member = try member(reader, limits, place)
                let isRange = member.sparseHeaderOffset == nil
                guard !isRange || member.size <= fileBytes - member.dataOffset else { throw .tarTruncated(place(member.name)) }
                members.append(member)
            }
        }
    }

    private static func member(
        _ reader: TarReader, _ limits: ScanLimits, _ place: ([UInt8]?) -> EntryPlace
    ) throws(LayerArchiveError) -> ArchiveMember {
        guard let entry = reader.entry, let start = archive_entry_pathname(entry) else { throw .emptyName(place(nil)) }
        let raw = UnsafeRawBufferPointer(start: start, count: strlen(start))
        guard raw.count <= limits.maxPathBytes else {
            throw .limitExceeded(.pathBytes, limit: Int64(limits.maxPathBytes), place(Array(raw.prefix(256))))
        }
        let here = place(Array(raw))
        var name: [UInt8] = []
        guard EntryName.normalize(raw, into: &name) else { throw .parentTraversal(here) }
        guard let kind = EntryKind(entry, name: raw) else { throw .unsupportedEntry(here) }
        var target: [UInt8] = []
        if kind == .hardLink, let link = archive_entry_hardlink(entry) {
            let bytes = UnsafeRawBufferPointer(start: link, count: strlen(link))
            guard EntryName.normalize(bytes, into: &target) else {
                throw .linkTargetTraversal(here, target: Array(bytes))
            }
        } else if kind == .symlink, let link = archive_entry_symlink(entry) {
            target = Array(UnsafeRawBufferPointer(start: link, count: strlen(link)))
        }
        return ArchiveMember(
            name: name, kind: kind, size: kind == .file ? archive_entry_size(entry) : 0,
            dataOffset: reader.contentOffset,
            sparseHeaderOffset: kind == .file && archive_entry_sparse_count(entry) > 0 ? reader.headerOffset : nil,
            linkTarget: target)
    }

    static func located(_ fault: TarFault, _ place: EntryPlace) -> LayerArchiveError {
        switch fault {
        case .truncated: .tarTruncated(place)
        case .damaged(let detail): .badTar(place, detail: detail)
        case .input(let error): error
        }
    }
}
