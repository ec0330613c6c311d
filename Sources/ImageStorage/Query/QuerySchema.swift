/// The tables of `sql`; `docs/sql.md` says what each column means.
enum QuerySchema {
    static let statements = """
        CREATE TABLE image (
            image INTEGER PRIMARY KEY, name TEXT, imageID TEXT, manifestDigest TEXT, platform TEXT, created TEXT,
            layerCount INTEGER, entryCount INTEGER, compressedBytes INTEGER, tarBytes INTEGER, contentBytes INTEGER,
            visibleBytes INTEGER, wastedBytes INTEGER);
        CREATE TABLE layer (
            image INTEGER, layer INTEGER, diffID TEXT, digest TEXT, mediaType TEXT, createdBy TEXT, compressedBytes INTEGER,
            tarBytes INTEGER, contentBytes INTEGER, hiddenBytes INTEGER, hidesBytes INTEGER, entryCount INTEGER,
            addedCount INTEGER, modifiedCount INTEGER, removedCount INTEGER, isAbsent INTEGER,
            PRIMARY KEY (image, layer)) WITHOUT ROWID;
        CREATE TABLE entry (
            image INTEGER, layer INTEGER, entry INTEGER, path TEXT, pathBytes BLOB, type TEXT, mode INTEGER, uid INTEGER,
            gid INTEGER, size INTEGER, mtime INTEGER, mtimeNanoseconds INTEGER, linkTarget TEXT, contentHash TEXT,
            device INTEGER, isWhiteout INTEGER, isOpaque INTEGER, isVisible INTEGER, wastedCause TEXT, hiddenBy INTEGER);
        CREATE TABLE file (
            image INTEGER, path TEXT, pathBytes BLOB, type TEXT, size INTEGER, inode INTEGER, layer INTEGER, entry INTEGER,
            linkTarget TEXT);
        """
}
