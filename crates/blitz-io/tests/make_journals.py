# Journals of cached recordings, written from the description of the format in src/disk/journal.rs:
# python3 make_journals.py data
import struct, zlib, sys, os
out = sys.argv[1]
def text(b): return struct.pack('<I', len(b)) + b
def head(magic=b'BLITZDC\0', version=1, frames=3, order=1, dtype=2, length=None):
    body = bytes(range(16)) + bytes(range(16, 32)) + struct.pack('<Q', 1_700_000_000)
    body += struct.pack('<BB', order, dtype) + struct.pack('<III', 4, 5, 1) + struct.pack('<Q', frames)
    body += text(b'jet') + text('/data/jet °'.encode()) + text(b'every = 2')
    h = magic + struct.pack('<II', version, len(body) if length is None else length) + body
    return h + struct.pack('<I', zlib.crc32(h))
def rec(chain, kind, body):
    r = struct.pack('<IB', len(body), kind) + body
    crc = zlib.crc32(chain + r)
    return r + struct.pack('<I', crc)
def journal(h, recs):
    chain = h[-4:]
    for kind, body in recs:
        r = rec(chain, kind, body)
        chain = r[-4:]
        h += r
    return h
ready = lambda f, crc, lost=0: (1, struct.pack('<QIQ', f, crc, lost))
failed = lambda f, s, why, path=None: (2, struct.pack('<QQ', f, s) + text(why) + (b'\0' if path is None else b'\1' + text(path)))
complete = (3, struct.pack('<QI', 1_700_000_100, 5))
def put(folder, name, data):
    os.makedirs(os.path.join(out, folder), exist_ok=True)
    open(os.path.join(out, folder, name), 'wb').write(data)
all_ = [ready(2, 7, 1), failed(1, 3, b'cut short', b'/data/jet/3.png'), failed(0, 1, b'gone'), complete]
put('good', 'complete.journal', journal(head(), all_))
put('good', 'growing.journal', journal(head(), all_[:2]))
put('good', 'torn.journal', journal(head(), all_)[:-3])
put('bad', 'empty.journal', b'')
put('bad', 'magic.journal', journal(head(magic=b'SOMETHIN'), all_))
put('bad', 'version.journal', journal(head(version=2), all_))
put('bad', 'cut_head.journal', head()[:60])
put('bad', 'checksum.journal', head()[:-1] + b'\0')
put('bad', 'long.journal', head(length=0xffffffff))
put('bad', 'order.journal', journal(head(order=3), all_))
put('bad', 'type.journal', journal(head(dtype=99), all_))
put('bad', 'huge.journal', journal(head(frames=2**63), all_))
