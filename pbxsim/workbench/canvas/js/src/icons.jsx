// One icon per kind of element, chosen by name in Python.
import {
  AtSign,
  Blocks,
  CalendarClock,
  CircleHelp,
  Globe,
  Headset,
  Contact,
  ListFilter,
  PhoneIncoming,
  User,
  Users,
  Voicemail,
  Volume2,
} from "lucide-react";

const ICONS = {
  alias: AtSign,
  hours: CalendarClock,
  number_rule: ListFilter,
  greeting: Volume2,
  queue: Headset,
  group: Users,
  user: User,
  voicemail: Voicemail,
  http: Globe,
  manager: Contact,
  trunk: PhoneIncoming,
  element: Blocks,
};

export function KindIcon({ name, size }) {
  const Icon = ICONS[name] || CircleHelp;
  return <Icon size={size} strokeWidth={2} aria-hidden="true" />;
}
