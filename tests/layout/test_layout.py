#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pagefsck layout on the kernels of testdata/: the text is the golden one, the JSON names every member that the
debugger names and no other, what a dump adds is there, and wrong arguments are refused.

usage: test_layout.py [--update]     --update writes the golden texts anew; read them before committing
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TESTDATA = os.path.join(HERE, '../../testdata')
PAGEFSCK = os.path.abspath(os.environ.get('PAGEFSCK', './pagefsck'))
KERNELS = ['5.10', '6.1', '6.12', '7.3']
WIDE = 140
DUMP = '7.3'
bad = []


def check(ok, what):
    if not ok:
        bad.append(what)
        print('FAIL:', what)


def layout(*args, status=0):
    r = subprocess.run([PAGEFSCK, 'layout', *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    check(r.returncode == status, f'layout {" ".join(args)}: exit status {r.returncode}, not {status}: {r.stderr}')
    return r.stdout if status == 0 else r.stderr


def unpack(name, file):
    src, dst = os.path.join(TESTDATA, name, file), f'{name}.{file}'
    tool = ['xz', '-dc', src + '.xz'] if os.path.exists(src + '.xz') else ['zstd', '-dcq', '--long=27', src + '.zst']
    with open(dst, 'wb') as out:
        subprocess.run(tool, stdout=out, check=True)
    return dst


def golden(name, text):
    path = os.path.join(HERE, name)
    text = re.sub(r'^pagefsck .*\n', '', text)
    if '--update' in sys.argv:
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
    with open(path, encoding='ascii') as f:
        want = f.read()
    if text != want:
        with open('got', 'w', encoding='utf-8') as f:
            f.write(text)
        subprocess.run(['diff', '-u', path, 'got'], check=False)
        check(False, f'{name} differs')


def truth(kernel):
    with open(os.path.join(HERE, kernel + '.members'), encoding='ascii') as f:
        for line in f:
            tag, offset, bits, name = line.split()
            yield tag, int(offset), int(bits), name


def base(name):
    """lru.prev -> lru, dma_addr[1] -> dma_addr, freelist_counters+8 -> freelist_counters"""
    return re.split(r'[.\[+]', name)[0]


def pieces(report, column):
    return [p for word in report['words'] for p in word[column]]


def where(report, tag, offset, page_size):
    """Column and offset in it of a byte of a descriptor."""
    if tag == 'folio':
        number = offset // page_size
        return ('head' if number == 0 else f'tail {number}'), offset % page_size
    return f'struct {tag}', offset


def compare_members(kernel, report):
    page_size, expected, members = report['sizes']['struct page'], {}, {}
    for tag, offset, bits, name in truth(kernel):
        if tag == 'pageflags':
            continue
        column, at = where(report, tag, offset, page_size)
        members.setdefault(column, set()).add(name)
        found = [p for p in pieces(report, column) if p['offset'] == at and base(p['name']) == name]
        check(len(found) == 1, f'{kernel}: {column} at {at}: {len(found)} times {name}')
        expected[column, name] = bits
    for (column, name), bits in expected.items():
        total = sum(p.get('bits', 8 * p.get('size', 0)) for p in pieces(report, column) if base(p['name']) == name)
        check(total == bits, f'{kernel}: {column}: {name} has {total} bits, not {bits}')
    for column in report['words'][0]:
        known = members.get(column, set()) | (members['struct page'] if not column.startswith('struct') else set())
        for p in pieces(report, column) if column != 'offset' else []:
            check(base(p['name']) in known, f'{kernel}: {column}: {p["name"]} is no member')
            check(0 <= p['offset'] < page_size, f'{kernel}: {column}: {p["name"]} at {p["offset"]}')


def compare_flags(kernel, report):
    want = {(number, name[3:]) for tag, number, _, name in truth(kernel) if tag == 'pageflags'}
    got = set()
    for flag in report['flags']:
        names = [flag['name']] + flag.get('aliases', '').split() + flag.get('first_tail', '').split()
        got |= {(flag['bit'], name) for name in names}
    check(got == want, f'{kernel}: flags differ: {sorted(got ^ want)}')


def check_report(kernel, report):
    check(report['schema'] == 'pagefsck-layout-1', f'{kernel}: schema')
    check(report['unanswered'] == 0 and report['skipped_units'] == 0, f'{kernel}: something was not read')
    top = 64
    for field in report['flag_fields']:
        if field['width']:
            check(field['shift'] + field['width'] == top, f'{kernel}: field {field["name"]}')
            top = field['shift']
    check(len(report['flags']) <= top, f'{kernel}: flags overlap fields')
    for fact in report['facts']:
        check(fact['spelling'] or not fact['required'], f'{kernel}: required fact {fact["id"]} absent')
    compare_members(kernel, report)
    compare_flags(kernel, report)


def check_kernel(kernel):
    vmlinux = unpack(kernel, 'vmlinux')
    text = layout(vmlinux)
    golden(kernel + '.txt', text)
    long = [line for line in text.split('\n') if len(line) > 80 or line.endswith(' ')]
    check(not long, f'{kernel}: too long, or blanks at the end: {long}')
    wide = layout('--width', str(WIDE), '-q', vmlinux)
    check(max(map(len, wide.split('\n'))) <= WIDE, f'{kernel}: wider than {WIDE}')
    check('TAILS OF A FOLIO' not in wide, f'{kernel}: not side by side at {WIDE}')
    verbose = layout('-v', vmlinux)
    report = json.loads(layout('--format', 'json', vmlinux))
    check(report['dump'] is None and report['unknown_without_dump'], f'{kernel}: a dump out of nowhere')
    check_report(kernel, report)
    check(all(f['id'] in verbose for f in report['facts']), f'{kernel}: -v leaves facts out')


def check_dump():
    """With a dump the same words, and models that memory confirmed."""
    vmlinux, dump = f'{DUMP}.vmlinux', unpack(DUMP, 'dump.kdump')
    report = json.loads(layout('-d', vmlinux, '--format', 'json', dump))
    alone = json.loads(layout('--format', 'json', vmlinux))
    check_report(DUMP, report)
    check(report['words'] == alone['words'] and report['flags'] == alone['flags'], 'dump: other words than without')
    check(report['dump'] and not report['unknown_without_dump'], 'dump: not described')
    check(report['kernel']['models'].get('slab reference') == '0 (frozen)', 'dump: slab references not measured')
    check('MODELS in force' in layout('-d', vmlinux, dump), 'dump: no models')
    check(json.loads(layout('--format', 'json', dump))['kernel']['debuginfo']['source'] == 'btf', 'dump: types of its own')
    check('no debug info of kernel 6.1' in layout(unpack('6.1', 'dump.kdump'), status=8), 'dump: message without vmlinux')
    check('is debug info itself' in layout('-d', vmlinux, vmlinux, status=16), 'two vmlinux')


def check_facts_file():
    """What the cache keeps can be given in place of a vmlinux."""
    facts = [os.path.join(folder, n) for folder, _, names in os.walk('cache') for n in names]
    check(len(facts) == len(KERNELS), f'{len(facts)} facts files')
    for path in facts:
        report = json.loads(layout('--format', 'json', path))
        check(report['unanswered'] == 0 and report['kernel']['debuginfo']['source'] == 'facts', f'{path}: not all in it')


def check_refusals():
    with open('junk', 'w', encoding='ascii') as f:
        f.write('junk\n' * 100)
    layout('junk', status=8)
    layout('absent', status=8)
    layout('.', status=8)
    layout(status=16)
    layout('--width', '3', 'junk', status=16)
    layout('--width', 'wide', 'junk', status=16)


def main():
    if not shutil.which('zstd') or not os.path.exists(os.path.join(TESTDATA, DUMP, 'vmlinux.zst')):
        print('SKIP: zstd or testdata/ is missing')
        sys.exit(77)
    with tempfile.TemporaryDirectory() as tmp:
        os.environ['XDG_CACHE_HOME'] = os.path.join(tmp, 'cache')
        os.chdir(tmp)
        for kernel in KERNELS:
            check_kernel(kernel)
        check_facts_file()
        check_dump()
        check_refusals()
        os.chdir('/')
    print('bad:' if bad else 'fine', len(bad) or '')
    sys.exit(1 if bad else 0)


main()
