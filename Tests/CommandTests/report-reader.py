"""Reads reports back, each with a reader that has nothing to do with the program, and compares what was meant with what is there.

Runs in a folder with `expected.json` (`label`, `names` of files in `n/`, `reasons`) and the reports; argument: which one.
"""
import csv, html.parser, json, re, subprocess, sys, unicodedata
import xml.etree.ElementTree as xml

expected = json.load(open('expected.json', encoding='utf-8'))
faults = []


def same(found, wanted, what):
    if found != wanted:
        faults.append(f'{what}: {ascii(found)[:300]} instead of {ascii(wanted)[:300]}')


def acts(letter):
    return unicodedata.category(letter) in ('Cc', 'Zl', 'Zp') or letter in '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'


def shown(text):
    return ''.join((f'\\x{ord(c):02X}' if ord(c) < 256 else f'\\u{{{ord(c):X}}}') if acts(c) else c for c in text)


def read(name):
    return open(name, encoding='utf-8', newline='').read()


def items(text):
    """The paths of a list of contributors, a line each."""
    return {m[1] for m in re.finditer(r'^\S+  (/n/[^\n]*) \(layer 0\)$', text, re.M)}


paths = {'/n/' + name for name in expected['names']}
lines = {shown(path) for path in paths}


def csv_table():
    rows = list(csv.reader(open('wasted.csv', newline='', encoding='utf-8'), strict=True))
    same({len(row) for row in rows}, {len(rows[0])}, 'fields of a row')
    same({row[0] for row in rows[1:]}, paths, 'paths')


class Page(html.parser.HTMLParser):
    """What stands in code spans and titles, and all elements that are there."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.seen, self.open, self.codes, self.titles, self.data = set(), [], [], [], ''

    def handle_starttag(self, tag, attributes):
        self.seen.add(tag)
        self.open.append(tag)
        if tag == 'code':
            self.codes.append('')
        if tag == 'title':
            self.titles.append('')
        self.is_data = dict(attributes).get('id') == 'data'

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass
        self.is_data = False

    def handle_data(self, data):
        if 'code' in self.open:
            self.codes[-1] += data
        if self.open[-1:] == ['title']:
            self.titles[-1] += data
        if getattr(self, 'is_data', False):
            self.data += data


def markdown():
    page = Page()
    page.feed(subprocess.run(['cmark-gfm', '-e', 'table', '--unsafe', 'analysis.md'], check=True, stdout=subprocess.PIPE).stdout.decode())
    same({code for code in page.codes if code.startswith('/n/')}, lines, 'code spans')
    same(page.codes[0], shown(expected['label']), 'label')
    same(page.seen & {'a', 'img', 'em', 'strong', 'del'}, set(), 'elements')


def page():
    found = Page()
    text = read('analysis.html')
    # Nothing acts in the page's own text either, for whoever looks at its source.
    same({ascii(letter) for letter in text if acts(letter) and letter != '\n'}, set(), 'letters that act')
    found.feed(text)
    same(found.titles, [shown(expected['label'])], 'title')
    same(found.seen - {'html', 'head', 'meta', 'title', 'style', 'body', 'script'}, set(), 'elements')
    data = json.loads(found.data)
    same(data['analysis']['image']['name'], expected['label'], 'label')
    same({'/' + path['path'] for path in data['analysis']['wastedPaths']}, paths, 'paths')


def junit():
    root = xml.fromstring(read('check.xml'))
    label = ''.join(shown(c) if ord(c) < 32 and c not in '\t\r\n' else c for c in expected['label'])
    same(root.attrib['name'], 'strata check ' + label, 'label')
    # The largest contributors.
    same(items(root.find('.//failure').text) <= lines and len(items(root.find('.//failure').text)), 20, 'paths')
    said = root.find('.//system-out').text.split('\n')
    same(len([line for line in said if line.startswith('the allowance')]), len(expected['reasons']), 'remarks')


def sarif():
    document = json.loads(read('check.sarif'))
    texts = [result['message']['text'] for result in document['runs'][0]['results']]
    for text in texts:
        if re.search(r'(?<!\\)(\\\\)*[\[\]]', text):
            faults.append(f'a bracket that may be a link: {ascii(text)[:300]}')
    plain = [re.sub(r'\\([\\\[\]])', r'\1', text) for text in texts]
    same(items(plain[0]) <= lines and len(items(plain[0])), 5, 'paths')
    same(sorted(plain[1:]), sorted(f'the allowance for max-wasted ({r}) expired after 2020-01-01' for r in expected['reasons']), 'remarks')
    same(document['runs'][0]['properties']['image'], expected['label'], 'label')


def github():
    commands = []
    for line in re.split(r'\r\n|\r|\n', read('check.github')):
        line = line.strip()
        if not line.startswith('::'):
            same(line, '', 'a line that is no command')
            continue
        name, _, data = line[2:].partition('::')
        verb, _, properties = name.partition(' ')
        for code, letter in (('%0D', '\r'), ('%0A', '\n'), ('%25', '%')):
            data = data.replace(code, letter)
        commands.append((verb, dict(p.split('=', 1) for p in properties.split(',')), data))
    same([verb for verb, _, _ in commands], ['error'] + ['warning'] * len(expected['reasons']) + ['notice'], 'commands')

    def lines_of(text):
        return ''.join(c if c in '\r\n' else shown(c) for c in text)

    same(sorted(data for verb, _, data in commands if verb == 'warning'),
         sorted(lines_of(f'the allowance for max-wasted ({r}) expired after 2020-01-01') for r in expected['reasons']), 'remarks')
    same(items(commands[0][2]) <= lines and len(items(commands[0][2])), 5, 'paths')


{'csv': csv_table, 'markdown': markdown, 'html': page, 'junit': junit, 'sarif': sarif, 'github': github}[sys.argv[1]]()
sys.exit('\n'.join(faults) if faults else 0)
